package shell

import "github.com/vouchsafe/vouchsafe/crypto"

// Methods are the methods of this package's types that typed code sees, the most useful first, by the type's name: Repo,
// Query, Rows, Row. Completion lists them in this order.
func Methods() map[string][]crypto.Method {
	where := []string{"query", "args"}
	return map[string][]crypto.Method{
		"Repo": {
			{Name: "Find", Parameters: []string{"key", "more"}, Says: "the row with this primary key"},
			{Name: "Where", Parameters: where, Says: "narrow by a condition"},
			{Name: "By", Parameters: []string{"equal"}, Says: "narrow by a sealed value that you know"},
			{Name: "Not", Parameters: where, Says: "leave out what matches"},
			{Name: "Preload", Parameters: []string{"name", "args"}, Says: "fetch an association too"},
			{Name: "Order", Parameters: []string{"by"}, Says: "sort"},
			{Name: "Limit", Parameters: []string{"n"}, Says: "at most n rows"},
			{Name: "First", Says: "the first row"},
			{Name: "Last", Says: "the last row"},
			{Name: "All", Says: "the rows"},
			{Name: "Count", Says: "how many rows"},
			{Name: "Each", Parameters: []string{"visit"}, Says: "every row, a page at a time, until false"},
			{Name: "Lookup", Parameters: []string{"key", "more"}, Says: "as Find, with an error"},
			{Name: "Unscoped", Says: "with the rows that are deleted softly"},
			{Name: "Save", Parameters: []string{"row"}, Says: "write a row that is there"},
			{Name: "Create", Parameters: []string{"row"}, Says: "make a new row"},
		},
		"Query": {
			{Name: "All", Says: "the rows"},
			{Name: "First", Says: "the first row"},
			{Name: "Last", Says: "the last row"},
			{Name: "Count", Says: "how many rows"},
			{Name: "Where", Parameters: where, Says: "narrow by a condition"},
			{Name: "Not", Parameters: where, Says: "leave out what matches"},
			{Name: "By", Parameters: []string{"equal"}, Says: "narrow by a sealed value that you know"},
			{Name: "Order", Parameters: []string{"by"}, Says: "sort"},
			{Name: "Limit", Parameters: []string{"n"}, Says: "at most n rows"},
			{Name: "Offset", Parameters: []string{"n"}, Says: "leave out the first n"},
			{Name: "Preload", Parameters: []string{"name", "args"}, Says: "fetch an association too"},
			{Name: "Unscoped", Says: "with the rows that are deleted softly"},
			{Name: "Each", Parameters: []string{"visit"}, Says: "every row, a page at a time, until false"},
		},
		"Rows": {
			{Name: "Find", Parameters: []string{"key"}, Says: "the row with this primary key"},
			{Name: "Where", Parameters: where, Says: "narrow by a condition"},
			{Name: "Order", Parameters: []string{"by"}, Says: "sort"},
			{Name: "Limit", Parameters: []string{"n"}, Says: "at most n rows"},
			{Name: "All", Says: "the rows"},
			{Name: "Count", Says: "how many rows"},
		},
		"Row": {
			{Name: "Get", Parameters: []string{"column"}, Says: "the value of a column"},
		},
	}
}
