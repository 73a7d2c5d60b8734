// Package subnet reads entries of the subnet filter lists of a component's
// configuration, such as Talos' validSubnets and advertisedSubnets.
package subnet
