package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// printTable prints what "kubectl get" would: the API server makes the table.
func (d *demo) printTable(ctx context.Context) error {
	clients, err := kubernetes.NewForConfig(d.plane.Config())
	if err != nil {
		return err
	}
	body, err := clients.RESTClient().Get().
		AbsPath("/apis/accessnotifier.dev/v1alpha1/namespaces/"+notifierNamespace+"/accessnotifiers").
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").
		DoRaw(ctx)
	if err != nil {
		return fmt.Errorf("getting the AccessNotifiers: %w", err)
	}
	var table metav1.Table
	if err := json.Unmarshal(body, &table); err != nil {
		return fmt.Errorf("reading the table of AccessNotifiers: %w", err)
	}
	d.out.heading("$ kubectl get accessnotifiers -n " + notifierNamespace)
	d.out.printf("%s", formatTable(table))
	return nil
}

// formatTable leaves out the columns of "-o wide", as kubectl does.
func formatTable(table metav1.Table) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	row := func(cell func(i int) string) {
		var cells []string
		for i, column := range table.ColumnDefinitions {
			if column.Priority == 0 {
				cells = append(cells, cell(i))
			}
		}
		// Writing to memory does not fail.
		_, _ = fmt.Fprintln(w, "  "+strings.Join(cells, "\t"))
	}
	row(func(i int) string { return strings.ToUpper(table.ColumnDefinitions[i].Name) })
	for _, r := range table.Rows {
		row(func(i int) string {
			if r.Cells[i] == nil {
				return ""
			}
			return fmt.Sprint(r.Cells[i])
		})
	}
	_ = w.Flush()
	return b.String()
}
