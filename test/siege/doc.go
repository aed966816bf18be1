// Package siege is what attacks a room in the tests: what comes from strangers on its port, from participants who do what no
// app does, and from networks that break, while two people talk and a recorder shows that they were not disturbed.
// docs/RELIABILITY.md lists which input is tried by which test.
package siege
