package cluster

import "context"

// EnforcePolicies has NetworkPolicies enforced from now on, by kube-router: the bridge alone
// lets everything through.
func (c *Cluster) EnforcePolicies(ctx context.Context) error {
	return c.start(ctx, c.options.Router, "--kubeconfig="+c.Kubeconfig(), "--hostname-override="+nodeName,
		"--run-firewall", "--run-router=false", "--run-service-proxy=false", "--run-loadbalancer=false", "--enable-cni=false",
		// To addresses of Services it lets everything through, and the API server has one of them.
		"--service-cluster-ip-range=10.96.0.0/28", "--health-port=0")
}
