package cli

import (
	"fmt"
	"io"

	"github.com/go-logr/logr"
	"github.com/go-logr/zapr"
	"github.com/spf13/pflag"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// logOptions are the flags of the log.
type logOptions struct {
	format string
	level  string
}

func (o *logOptions) addFlags(flags *pflag.FlagSet) {
	addLogFormat(flags, &o.format, "json")
	flags.StringVar(&o.level, "log-level", "info", "Least severe level that is logged: debug, info, warn or error")
}

func addLogFormat(flags *pflag.FlagSet, format *string, byDefault string) {
	flags.StringVar(format, "log-format", byDefault, "Format of the log: json or console")
}

// levels are those of the log, by their names.
var levels = map[string]zapcore.Level{
	"debug": zapcore.DebugLevel, "info": zapcore.InfoLevel, "warn": zapcore.WarnLevel, "error": zapcore.ErrorLevel,
}

// logger returns a logger that writes to w.
func (o *logOptions) logger(w io.Writer) (logr.Logger, error) {
	level, ok := levels[o.level]
	if !ok {
		return logr.Logger{}, fmt.Errorf("--log-level must be debug, info, warn or error, not %q", o.level)
	}
	return newLogger(w, o.format, level)
}

// newLogger returns a logger that writes what is at least so severe to w.
func newLogger(w io.Writer, format string, least zapcore.LevelEnabler) (logr.Logger, error) {
	config := zap.NewProductionEncoderConfig()
	config.TimeKey = "time"
	config.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	var encoder zapcore.Encoder
	switch format {
	case "json":
		encoder = zapcore.NewJSONEncoder(config)
	case "console":
		encoder = zapcore.NewConsoleEncoder(config)
	default:
		return logr.Logger{}, fmt.Errorf("--log-format must be json or console, not %q", format)
	}
	core := zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), least)
	return zapr.NewLogger(zap.New(core)), nil
}
