// Package generate writes the Go file that puts a company's GORM models into its own console.
//
// Generate loads packages as the Go compiler does, finds the models among their types, and writes
//
//	var Models = []shell.Model{…}    // each model with the name of its repository
//	var Symbols = shell.Symbols{…}   // what else of these packages typed code may use
//
// The same packages give the same file, byte for byte.
//
// # What is a model
//
// An exported struct, not generic, that has a table: it embeds gorm.Model, has a method TableName, or has a primary key (a
// field ID, or one tagged primaryKey) and no field that GORM could not store. A struct that other models embed, and that is
// nothing else, is a part of them and no model; one with gorm tags but without a key is the result of a query and no model.
// Take and Leave say otherwise of a type. The Report says of each candidate what became of it, and why.
//
// # Names
//
// A repository is called by the plural of its type: Person gives People. Where the plural is the type's own name, it is
// called PDSRows. Where two packages have a model of the same name, both repositories are called by their package first:
// BillingUsers, AuthUsers. Two packages of the same name are told apart by what differs in their paths: relaymodels, tapmodels.
//
// # Symbols
//
// Constants, types and functions are exported as they are; a type that is typed in a console cannot stand for one of their
// interfaces. Of variables only those are that stand for a value, as constants would if Go allowed it: errors, and named types of texts,
// numbers and truth. They are values here: typed code cannot assign to them. A variable like DB *gorm.DB has no place in a
// console, whose only database is the gate. Generic functions and types cannot be reached from typed code; the file names
// what was left out.
package generate
