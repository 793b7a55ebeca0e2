// Command seed makes a database of indigo's models, by GORM alone.
package main

import (
	"database/sql"
	"fmt"
	"os"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	_ "modernc.org/sqlite"

	relay "github.com/bluesky-social/indigo/cmd/relay/relay/models"
	tap "github.com/bluesky-social/indigo/cmd/tap/models"
	"github.com/bluesky-social/indigo/models"
)

func main() {
	if err := seed(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func seed(path string) error {
	db, err := gorm.Open(sqlite.Dialector{DriverName: "sqlite", DSN: "file:" + path + "?_time_format=sqlite"})
	if err != nil {
		return err
	}
	if err := db.AutoMigrate(
		&relay.Account{}, &relay.AccountRepo{}, &relay.Host{}, &relay.DomainBan{},
		&tap.Repo{}, &tap.RepoRecord{}, &tap.CollectionCursor{}, &tap.OutboxBuffer{},
		&models.ActorInfo{}, &models.FeedPost{}, &models.VoteRecord{}, &models.PDS{}, &models.Label{}, &models.ModerationActionSubjectBlobCid{},
	); err != nil {
		return err
	}
	gone := models.ActorInfo{Uid: 7, Did: "did:plc:gone"}
	cid := "bafy"
	for _, row := range []any{
		&relay.Host{Hostname: "pds.example.com", Status: relay.HostStatusThrottled, AccountLimit: 100},
		&relay.Host{Hostname: "localhost:2583", NoSSL: true},
		&relay.Account{DID: "did:plc:ada", HostID: 1, Status: relay.AccountStatusTakendown},
		&relay.Account{DID: "did:plc:bob", HostID: 2},
		&relay.AccountRepo{UID: 1, Rev: "3k", CommitCID: "c", CommitDataCID: "d"},
		&tap.Repo{Did: "did:plc:ada", State: tap.RepoStateResyncing},
		&tap.RepoRecord{Did: "did:plc:ada", Collection: "app.bsky.feed.post", Rkey: "1", Cid: "c1"},
		&tap.RepoRecord{Did: "did:plc:ada", Collection: "app.bsky.feed.post", Rkey: "2", Cid: "c2"},
		&models.ActorInfo{Uid: 5, Handle: sql.NullString{String: "ada.example", Valid: true}, Did: "did:plc:ada"},
		&models.ActorInfo{Uid: 6, Did: "did:plc:bob"},
		&gone,
		&models.VoteRecord{Dir: models.VoteDirUp, Voter: 5},
		&models.Label{Uri: "at://x", SourceDid: "did:plc:ada", Val: "spam", Cid: &cid},
	} {
		if err := db.Create(row).Error; err != nil {
			return err
		}
	}
	return db.Delete(&gone).Error
}
