package demo

import "github.com/vouchsafe/vouchsafe/shell"

// App is the company's application, as cmd.Main takes it.
var App = shell.App{
	Name:        "demo",
	Environment: "demo",
	Models: []shell.Model{
		shell.ModelOf[Account]("Accounts"),
		shell.ModelOf[Person]("People"),
		shell.ModelOf[Alias]("Aliases"),
		shell.ModelOf[Message]("Messages"),
		shell.ModelOf[Invoice]("Invoices"),
	},
	Topics: pages,
	Demo:   &shell.Demo{Build: Build, Justification: cards + lastTicket},
}
