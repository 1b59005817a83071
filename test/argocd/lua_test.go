package argocd

import (
	"context"
	"fmt"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// scriptTimeout is how long Argo CD lets a script run.
const scriptTimeout = time.Second

// run runs a script as Argo CD runs those in its ConfigMap: with the functions
// and libraries that it offers them and no others, in its time, and with the
// object as the global obj. It returns the table that the script returns, as JSON
// would have it.
func run(t *testing.T, script string, object map[string]any) map[string]any {
	t.Helper()
	vm := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer vm.Close()
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable, lua.OsLibName: openSafeOS,
	} {
		if err := vm.CallByParam(lua.P{Fn: vm.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), scriptTimeout)
	defer cancel()
	vm.SetContext(ctx)
	vm.SetGlobal("obj", toLua(vm, object))
	if err := vm.DoString(script); err != nil {
		t.Fatalf("the script fails: %v", err)
	}
	result, ok := vm.Get(-1).(*lua.LTable)
	if !ok {
		t.Fatalf("the script returns %v, want a table", vm.Get(-1))
	}
	converted, ok := fromLua(result).(map[string]any)
	if !ok {
		t.Fatalf("the script returns a list: %v", converted)
	}
	return converted
}

// openSafeOS opens the parts of the library os that Argo CD offers.
func openSafeOS(vm *lua.LState) int {
	lua.OpenOs(vm)
	all := vm.GetGlobal(lua.OsLibName).(*lua.LTable)
	safe := vm.NewTable()
	for _, name := range []string{"date", "time"} {
		safe.RawSetString(name, all.RawGetString(name))
	}
	vm.SetGlobal(lua.OsLibName, safe)
	return 0
}

func toLua(vm *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case nil:
		return lua.LNil
	case bool:
		return lua.LBool(value)
	case float64:
		return lua.LNumber(value)
	case string:
		return lua.LString(value)
	case []any:
		list := vm.NewTable()
		for _, item := range value {
			list.Append(toLua(vm, item))
		}
		return list
	case map[string]any:
		table := vm.NewTable()
		for key, item := range value {
			table.RawSetString(key, toLua(vm, item))
		}
		return table
	}
	panic(fmt.Sprintf("JSON has no %T", value))
}

// fromLua makes a list of a table that has numbers for keys or none, as Lua does
// not tell an empty list from an empty map.
func fromLua(value lua.LValue) any {
	switch value := value.(type) {
	case lua.LBool:
		return bool(value)
	case lua.LNumber:
		return float64(value)
	case lua.LString:
		return string(value)
	case *lua.LTable:
		list, table := []any{}, map[string]any{}
		value.ForEach(func(key, item lua.LValue) {
			if name, ok := key.(lua.LString); ok {
				table[string(name)] = fromLua(item)
			} else {
				list = append(list, fromLua(item))
			}
		})
		if len(table) > 0 {
			return table
		}
		return list
	}
	return nil
}
