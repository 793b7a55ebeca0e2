package demo

import (
	"time"

	"github.com/vouchsafe/vouchsafe/crypto"
)

// Account is a company, a family or a person that pays for mailboxes.
type Account struct {
	ID              int64
	Name            string
	Plan            string `gorm:"index"` // free, family, pro, business
	State           string // active, closed
	Region          string // eu, us, ap
	Seats           int
	SSODomain       *string
	BillingPersonID *int64
	CreatedAt       *time.Time `gorm:"autoCreateTime:false"` // unknown of the oldest
}

// Person is somebody who signs in. Name, address and telephone number are sealed under a key of their own.
type Person struct {
	ID             int64         `crypto:"subject"`
	AccountID      int64         `gorm:"index"`
	Name           crypto.String `crypto:"facts=present+len+same"`
	Email          crypto.String `crypto:"index=EmailIndex,norm=lower+trim,facts=present+len+domain+same+is"`
	EmailIndex     []byte        `gorm:"index"`
	Phone          crypto.String `crypto:"index=PhoneIndex,norm=trim,facts=present+len+same+prefix=4"`
	PhoneIndex     []byte        `gorm:"index"`
	Role           string        // owner, admin, member, billing
	Locale         string
	State          string // active, invited, removed, merged
	ImportBatch    *string
	MergedIntoID   *int64
	EmailBouncedAt *time.Time
	CreatedAt      time.Time
	UpdatedAt      *time.Time `gorm:"autoUpdateTime:false"` // when the person changed it, not the support
}

// Alias is an address at which a person receives mail, and from which they send it.
type Alias struct {
	ID           int64
	PersonID     int64         `gorm:"index" crypto:"subject=people"`
	Address      crypto.String `crypto:"index=AddressIndex,norm=lower+trim,facts=present+len+domain+same+is"`
	AddressIndex []byte        `gorm:"index"`
	IsDefault    bool
	State        string // active, pending, removed
	VerifiedAt   *time.Time
	CreatedAt    time.Time
}

// Message is a mail that a person received or sent. All that somebody wrote in it is sealed under that person's key.
type Message struct {
	ID          int64
	PersonID    int64 `gorm:"index" crypto:"subject=people"`
	AliasID     *int64
	ReplyToID   *int64
	Direction   string        // in, out
	Sender      crypto.String `crypto:"facts=present+len+domain+same+is"`
	Subject     crypto.String `crypto:"facts=present+len+same+is"`
	Body        crypto.String `crypto:"facts=present+len"`
	ContentType string
	SizeBytes   *int64 // as it came over the wire
	Status      string // sent, queued, bounced
	FilterRule  *string
	ImportBatch *string
	AppVersion  string
	CreatedAt   time.Time
}

// Invoice is what an account was charged for a month. Nothing in it is sealed.
type Invoice struct {
	ID             int64
	AccountID      int64  `gorm:"index"`
	Number         string `gorm:"index"`
	Period         string // 2026-10
	AmountCents    int64
	Currency       string
	Status         string // open, paid, refunded
	ProviderRef    string
	IdempotencyKey string
	SentToPersonID *int64
	SentAt         *time.Time
	PaidAt         *time.Time
	CreatedAt      time.Time
}
