// Package record finds labs that other processes keep up, and enters them.
//
// A record is a small file in a folder of the user. It has the process that keeps the
// namespaces of a lab, and its descriptors. A killed process leaves its record behind, so
// each record is checked when it is read. A process also locks its record (package owned),
// so that others see which records have no owner.
package record
