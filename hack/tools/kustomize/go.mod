module github.com/accessnotifier/accessnotifier/hack/tools/kustomize

go 1.26.0
