package cmd_test

// shopTalk is a session that only reads, over the models of testdata/shop.
func shopTalk() []said {
	return []said{
		// Soft deletion.
		{`Customers.Count()`, "1"},
		{`Customers.Unscoped().Count()`, "2"},
		{`Customers.Unscoped().Find(2).DeletedAt.Valid`, "true"},
		// Embedded structs and their prefix.
		{`c := Customers.Find(1); c.Home.City + " " + c.Work.City`, "Kiel Bonn"},
		{`Customers.Where("home_city = ?", "Kiel").Count()`, "1"},
		{`*c.Nickname + c.Phone.String`, "Didi0123"},
		{`var home models.Address = c.Home; home.Street`, "Kai 7"},
		// A key of two columns, one of them zero, and a table's own name.
		{`OrderLines.Find(1, 0).Article`, "lamp"},
		{`n := 0; OrderLines.Each(func(l OrderLine) bool { n++; return true }); n`, "1202"},
		{`OrderLines.Last().Position`, "1199"},
		{`_, err := OrderLines.Lookup(1, 7); errors.Is(err, ErrNoRow)`, "true"},
		{`Table("shop_lines").Count()`, "1202"},
		{`.sql select art from shop_lines where order_id = 1`, "~lamp\nbulb\n"},
		// Associations.
		{`o := Orders.Preload("Lines").Preload("Tags").Preload("Customer").First(); len(o.Lines)`, "2"},
		{`o.Customer.Name + o.Tags[0].Name + o.Lines[1].Article`, "Danalatebulb"},
		{`o`, `~(?s)Customer +Customer\n.*Name +Dana.*Article.*lamp.*bulb.*late`},
		{`Customers.Preload("Orders.Lines", "position > ?", 0).First().Orders[0].Lines[0].Article`, "bulb"},
		{`Tags.Find("vip").Name`, "vip"},
		{`Tags.Preload("Orders").Where("name = ?", "vip").First().Orders[0].ID`, "1"},
		// Enums, constants and what stands for them.
		{`Orders.Where("status = ?", models.StatusOpen).Count()`, "1"},
		{`models.StatusClosed.String()`, "closed"},
		{`fmt.Sprint(o.Status)`, "open"},
		{`Orders.Find(2).Channel == models.ChannelPhone`, "true"},
		{`Orders.Where(&Order{Status: models.StatusClosed}).Count()`, "1"},
		{`models.Currency + "!"`, "EUR!"},
		{`uint64(models.Largest)`, "18446744073709551615"},
		{`models.Huge / models.Largest`, "68719476736"},
		{`models.Rate * models.MaxLines`, "18.81"},
		{`var r rune = models.Comma; string(r)`, ","},
		// Methods and functions.
		{`o.Title()`, "order 1, 2 lines"},
		{`closed := Orders.Find(2); err = closed.Close(); errors.Is(err, models.ErrClosed)`, "true"},
		{`models.Euros(3, 4).String()`, "3.04"},
		// Columns of every kind.
		{`o.Total`, "12.05"},
		{`o.Reference.String()[:6]`, "010200"},
		{`o.Origin["campaign"]`, "autumn"},
		{`o.Labels`, `["gift", "fragile"]`},
		{`o.Draft == ""`, "true"},
		{`o.Paid`, "true"},
		{`o.Weight`, "1.5"},
		{`o.Parcels`, "2"},
		{`o.Signature`, "0xdead"},
		{`o.ShippedAt`, "2026-11-01 12:00:00 UTC"},
		{`Orders.Find(2).ShippedAt == nil`, "true"},
		{`Orders.Find(2).Total`, "nil"},
		{`People.Find(models.UUID{9}).Name`, "Ada"},
		{`EquipmentRows.First().Name`, "ladder"},
		// What is not there.
		{`models.ChannelPhone = "x"`, "~refused: .*cannot be assigned"},
	}
}

// shopWrites is a session that writes.
func shopWrites() []said {
	return []said{
		{`l := OrderLines.Find(1, 0); l.Pieces = 77; OrderLines.Save(&l).RowsAffected`, "1"},
		{`OrderLines.Where("pieces = 77 and order_id = 1").Count()`, "1"},
		{`o := Orders.Preload("Lines").First(); o.Status = models.StatusClosed; o.Labels = append(o.Labels, "late")`, ""},
		{`o.Origin["source"] = "desk"; o.Total = models.Euros(99, 1); o.Reference[2] = 3; o.Customer = nil; o.Lines[0].Article = "moon"`, ""},
		{`Orders.Save(&o).RowsAffected`, "1"},
		{`o = Orders.Preload("Lines").First(); fmt.Sprint(o.Status, o.Labels, o.Total, o.Origin, o.Reference.String()[:6])`, "closed [gift fragile late] 99.01 map[campaign:autumn source:desk]010203"},
		{`o.Lines[0].Article`, "lamp"},
		{`c := Customer{Name: "New", Orders: []Order{{Channel: models.ChannelShop, Lines: []OrderLine{{Position: 4, Article: "nut"}}}}}; Customers.Create(&c); c.ID`, "3"},
		{`Customers.Preload("Orders.Lines").Order("id desc").First().Orders[0].Lines[0].Article`, "nut"},
		{`db.Delete(&c).RowsAffected`, "1"},
		{`Customers.Count()`, "1"},
		{`gone := Customers.Unscoped().Find(3); gone.DeletedAt.Valid = false; Customers.Unscoped().Save(&gone).RowsAffected`, "1"},
		{`Customers.Count()`, "2"},
		{`gone.DeletedAt = gorm.DeletedAt{Time: time.Now(), Valid: true}; Customers.Save(&gone); Customers.Count()`, "1"},
		{`db.Model(&o).Association("Tags").Append(&Tag{Name: "new"})`, "~nil|^$"},
		{`len(Orders.Preload("Tags").First().Tags)`, "3"},
		{`db.Model(&Order{Model: gorm.Model{ID: 1}}).Association("Tags").Count()`, "3"},
		{`p := Person{ID: models.UUID{5}, Name: "Bo"}; People.Create(&p); People.Count()`, "2"},
		{`EquipmentRows.Create(&Equipment{})`, "error: a thing has a name"},
	}
}

// indigoTalk is a session that only reads, over the models of a real application.
func indigoTalk() []said {
	return []said{
		{`Hosts.Count()`, "2"},
		{`h := Hosts.Where("status = ?", relaymodels.HostStatusThrottled).First(); h.Hostname`, "pds.example.com"},
		{`h.SubscribeReposURL()`, "wss://pds.example.com/xrpc/com.atproto.sync.subscribeRepos"},
		{`h`, `~(?s)^Host\n.*Hostname +pds\.example\.com\n.*Status +throttled\n.*LastSeq +-1`},
		{`local := Hosts.Find(2); local.BaseURL()`, "http://localhost:2583"},
		{`a := Accounts.Where("did = ?", "did:plc:ada").First(); a.AccountStatus()`, "takendown"},
		{`a.IsActive()`, "false"},
		{`*a.StatusField()`, "takendown"},
		{`a.Status == relaymodels.AccountStatusTakendown`, "true"},
		{`AccountRepos.Find(a.UID).Rev`, "3k"},
		{`Repos.Find("did:plc:ada").State == tapmodels.RepoStateResyncing`, "true"},
		{`RepoRecords.Find("did:plc:ada", "app.bsky.feed.post", "2").Cid`, "c2"},
		{`RepoRecords.Last().Rkey`, "2"},
		{`ActorInfos.Count()`, "2"},
		{`ActorInfos.Unscoped().Where("deleted_at is not null").First().Did`, "did:plc:gone"},
		{`ada := ActorInfos.First(); ada.Handle.String`, "ada.example"},
		{`ada.ActorRef().Handle`, "ada.example"},
		{`ada.Uid + indigomodels.Uid(1)`, "6"},
		{`v := VoteRecords.First(); v.Dir.String()`, "up"},
		{`v.Dir == indigomodels.VoteDirUp`, "true"},
		{`*Labels.First().Cid`, "bafy"},
		{`RelayDomainBans.Count() + PDSRows.Count()`, "0"},
		{`Table("account_repo").Find(1).Get("rev")`, "3k"},
		{`.sql select hostname from host order by id`, "~pds.example.com\nlocalhost:2583"},
		{`h.Trusted = true; Hosts.Save(&h)`, "~refused: "},
	}
}

// indigoWrites is a session that writes.
func indigoWrites() []said {
	return []said{
		{`h := Hosts.Find(1); h.Status = relaymodels.HostStatusBanned; Hosts.Save(&h).RowsAffected`, "1"},
		{`Hosts.Find(1).Status`, "banned"},
		{`ban := relaymodels.DomainBan{Domain: "spam.example"}; RelayDomainBans.Create(&ban); ban.ID`, "1"},
		{`RelayDomainBans.Find(1).Domain`, "spam.example"},
	}
}
