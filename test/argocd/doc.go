// Package argocd tests what config/argocd tells Argo CD about AccessNotifiers:
// it runs the Lua as Argo CD does. It is a module of its own, so that the product
// does not depend on an interpreter of Lua.
package argocd
