// Package record finds labs that other processes keep up, and enters them.
//
// A record is a small file in a folder of the user. It says which process holds the
// namespaces of a lab, and by which descriptors. A process that is killed leaves its
// record behind, so this package checks each record that it reads. A process also
// locks its record (package owned), so that others see which records are left.
package record
