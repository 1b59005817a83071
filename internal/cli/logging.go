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
	flags.StringVar(&o.format, "log-format", "json", "Format of the log: json or console")
	flags.StringVar(&o.level, "log-level", "info", "Least severe level that is logged: debug, info or error")
}

// logger returns a logger that writes to w.
func (o *logOptions) logger(w io.Writer) (logr.Logger, error) {
	config := zap.NewProductionEncoderConfig()
	config.TimeKey = "time"
	config.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	var encoder zapcore.Encoder
	switch o.format {
	case "json":
		encoder = zapcore.NewJSONEncoder(config)
	case "console":
		encoder = zapcore.NewConsoleEncoder(config)
	default:
		return logr.Logger{}, fmt.Errorf("--log-format must be json or console, not %q", o.format)
	}
	levels := map[string]zapcore.Level{"debug": zapcore.DebugLevel, "info": zapcore.InfoLevel, "error": zapcore.ErrorLevel}
	level, ok := levels[o.level]
	if !ok {
		return logr.Logger{}, fmt.Errorf("--log-level must be debug, info or error, not %q", o.level)
	}
	core := zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), level)
	return zapr.NewLogger(zap.New(core)), nil
}
