// Package measure runs passtlab for the pages that are made from its reports.
package measure
