// Package record finds labs that other processes keep up, and enters them.
//
// A record is a small file in a folder of the user's own that says where the
// namespaces of a lab are. The process alone holds the namespaces, so a record may
// outlive its lab; it is checked whenever it is read. The process holds its record,
// too (package owned), so that others see when it is left.
package record
