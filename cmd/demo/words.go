package demo

import "strings"

// A voice is how people of one locale are called, and which of their telephone numbers no subscriber has.
type voice struct {
	locale string
	share  int // of a hundred people
	first  []string
	last   []string
	phones []string // # is a digit
}

func voices() []voice {
	words := strings.Fields
	return []voice{
		{"en", 30, words("Amelia Oliver Grace Harry Poppy Jack Freya Noah Ruby Arthur Isla Theo Maeve Callum Nora Declan Hazel Owen Zara Imran Priya Kwame Adaeze Samuel Ngozi Leah"),
			words("Ashdown Barlow Carrick Dunmore Ellery Fairfax Garrick Hollis Ingram Jessop Kerrigan Lockwood Merriman Norcott Okafor Prescott Quill Rafferty Sethi Thackeray Underhill Venn Whitlock Yardley Mensah Iqbal"), words("+447700900### +441632960### +442079460### +441134960### +441214960### +441314960### +441414960### +441614960### +121255501## +141555501##")},
		{"de", 20, words("Anna Jonas Klara Lukas Mia Felix Jürgen Sönke Käthe Björn Heike Matthias Greta Emil Ulrike Thomas Hülya Cem Änne Ruth"),
			words("Keller Brandmeier Öztürk Schütte Vogelsang Lindner Hübner Krause Weiß Bäumer Falk Gerlach Nießen Petersen Roth Steiger Tauber Ulmer Wendt Zeller"), words("+493023125### +496990009### +494066969### +492214710### +498999998###")},
		{"fr", 12, words("Camille Léo Chloé Hugo Inès Jules Zoé Étienne Margaux Théo Noémie Rémi Aïcha Mathis Solène"),
			words("Arnaud Bérard Chastain Delorme Évrard Fontenay Giraud Hébert Jaubert Lacombe Marchand Noël Perrin Rousseau Vasseur"), words("+3363998####")},
		{"es", 10, words("Lucía Hugo Martina Pablo Sofía Álvaro Nerea Iker Carmen Adrián Inés Gonzalo"),
			words("Alarcón Beltrán Castaño Durán Estévez Galindo Ibáñez Jurado Luque Montero Peñalver Robles"), nil},
		{"nl", 8, words("Daan Fenna Sem Lotte Bram Femke Joost Anouk Thijs Marijke"),
			[]string{"van Dijk", "de Boer", "Jansen", "Visser", "van der Meer", "Hoekstra", "Smit", "Dekker", "Postma", "Kuipers"}, nil},
		{"it", 6, words("Giulia Lorenzo Chiara Matteo Aurora Davide Elisa Nicolò Ginevra Pietro"),
			words("Bellandi Corsini Donati Ferrante Galli Marchetti Orlandi Pavan Rinaldi Tosi"), nil},
		{"sv", 5, words("Elsa Axel Maja Oskar Åsa Björn Sigrid Nils Linnéa Göran"),
			words("Bergqvist Dahlström Ekholm Forsgren Hägg Lindqvist Nordin Sandell Wallin Åkesson"), nil},
		{"da", 4, words("Freja Mads Søren Ida Lærke Rasmus Åse Kirstine"), words("Bjerregaard Dam Højgaard Kjær Mølgaard Nørgaard Skov Thomsen"), nil},
		{"pl", 3, words("Zofia Jakub Łucja Michał Hanna Paweł Agnieszka Wojciech"), words("Bąk Czajka Dąbrowicz Gołąb Kępa Malec Śliwa Wrona"), nil},
		{"ja", 2, []string{"健 Ken", "葵 Aoi", "蓮 Ren", "結衣 Yui", "大翔 Hiroto"}, []string{"田中 Tanaka", "小林 Kobayashi", "森 Mori", "石川 Ishikawa", "山口 Yamaguchi"}, nil},
	}
}

// latin spells a name as people spell it in an address.
func latin(name string) string {
	return strings.NewReplacer(
		"ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "å", "aa", "ø", "oe", "æ", "ae", "é", "e", "è", "e", "ë", "e", "ï", "i", "í", "i", "á", "a",
		"ó", "o", "ò", "o", "ú", "u", "ñ", "n", "ł", "l", "ą", "a", "ę", "e", "ś", "s", " ", "", "'", "",
	).Replace(strings.ToLower(name))
}

func providers() []string {
	return strings.Fields("gmail.example gmail.example gmail.example gmail.example outlook.example outlook.example posteo.example webmail.example icloud.example proton.example")
}

func firstWords() []string {
	return strings.Fields("Amber Bramble Cobalt Copper Coral Dapple Elder Ember Foxglove Granite Harbour Hollow Iron Ivory Juniper Larch Linden Maple Marble Meadow Nettle Northern Ochre Orchard Pebble Quarry Raven Saffron Silver Sparrow Summit Thistle Timber Tidal Umber Velvet Walnut Willow Winter Yarrow")
}

func secondWords() []string {
	return strings.Fields("Analytics Bakery Bikes Books Brewing Ceramics Clinic Coffee Consulting Design Energy Events Farm Films Freight Gallery Garden Games Hotel Instruments Kitchen Labs Legal Letters Logistics Maps Media Mill Optics Outfitters Partners Press Robotics Sails Studio Supply Tailors Travel Works Yoga")
}

func topics() []string {
	return []string{
		"Lunch on Thursday?", "Draft of the contract", "Minutes of Monday's call", "Photos from the weekend", "Train times", "Your parcel is on its way", "Invitation: spring fair",
		"Question about the offer", "Keys for the workshop", "Rota for next week", "Feedback on version 3", "Parents' evening", "New price list", "Receipt for your order", "The boiler again",
		"Slides for Tuesday", "Proofs are ready", "Can you call me back?", "Changes to the schedule", "Reminder: dentist", "Welcome to the choir", "Travel expenses", "Your booking is confirmed",
		"Holiday cover in August", "Recipe you asked for", "Minutes, corrected", "Lost glove", "Reading list", "Quote for the windows", "Birthday plans", "Moving day", "Garden fence",
		"Seminar on Friday", "Application for the flat", "Samples arrived", "Ferry tickets", "Newsletter: what we planted", "Short question", "Signed copy attached", "See you at the station",
	}
}

func sentences() []string {
	return []string{
		"Thank you for your message, it came just in time.", "I have attached what we talked about last week.", "Could you have a look before Friday?", "The second page is the one that matters.",
		"We moved the meeting to the small room on the third floor.", "Please bring the folder with the drawings.", "I am on the train until four and will answer after that.",
		"The price includes delivery, but not the installation.", "There is still one question about the deposit.", "Nobody has heard from the landlord yet.", "I would rather do it properly than quickly.",
		"The children were delighted with the kite.", "If it rains we will meet in the hall instead.", "I counted again and we are two chairs short.", "Our colleague will be back on the ninth.",
		"The old address still works until the end of the month.", "Let me know if the dates suit you.", "I have changed the last paragraph as you suggested.", "The parcel should reach you tomorrow before noon.",
		"We need six copies, two of them signed.", "It took longer than we thought, and it was worth it.", "The garden looks better than it has for years.", "You were right about the second invoice.",
		"I left the key with the neighbour on the left.", "Nothing is urgent, so take your time.", "They asked for a deposit of a third.", "The recipe says an hour, but forty minutes are enough.",
		"Please tell the others, I do not have all the addresses.", "The link in the last message was wrong, here is the right one.", "We could share a taxi from the station.",
		"There was some trouble with the printer, so the quality is not perfect.", "I will send the rest as soon as I have it.", "The doctor said to come back in a fortnight.", "Your draft reads very well.",
	}
}
