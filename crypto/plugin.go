package crypto

import (
	"errors"
	"fmt"
	"reflect"
	"sync"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// NewPlugin makes GORM seal what is written to sealed columns, keep their blind indexes, and give what is read its keyring. Where a
// write could store plaintext, or a value that would not open again, it is refused with a WriteError.
func NewPlugin(keyring *Keyring) gorm.Plugin { return &plugin{keyring: keyring} }

type plugin struct {
	keyring *Keyring
	plans   sync.Map // *schema.Schema → *plan
	tables  sync.Map // table name → *plan
	types   sync.Map // reflect.Type → *plan
	shapes  sync.Map // reflect.Type → *shape
}

// Name implements gorm.Plugin.
func (p *plugin) Name() string { return PluginName }

// Initialize implements gorm.Plugin.
func (p *plugin) Initialize(db *gorm.DB) error {
	if p.keyring == nil {
		return errors.New("crypto's plugin needs a keyring")
	}
	c := db.Callback()
	return errors.Join(
		c.Create().Before("gorm:create").After("gorm:save_before_associations").Register("vouchsafe:seal_create", p.beforeCreate),
		c.Create().After("gorm:create").Before("gorm:save_after_associations").Register("vouchsafe:sealed_create", p.afterCreate),
		c.Update().Before("gorm:update").After("gorm:save_before_associations").Register("vouchsafe:seal_update", p.beforeUpdate),
		c.Update().After("gorm:update").Before("gorm:save_after_associations").Register("vouchsafe:sealed_update", p.afterUpdate),
		c.Query().After("gorm:query").Before("gorm:preload").Register("vouchsafe:attach", p.afterQuery),
	)
}

// planOf is the plan of a model; nil where it has no sealed columns.
func (p *plugin) planOf(s *schema.Schema) (*plan, error) {
	if known, ok := p.plans.Load(s); ok {
		if pl := known.(*plan); len(pl.columns) > 0 {
			return pl, nil
		}
		return nil, nil
	}
	pl, err := newPlan(s)
	if err != nil {
		return nil, err
	}
	p.plans.Store(s, pl)
	if len(pl.columns) == 0 {
		return nil, nil
	}
	p.tables.Store(pl.table.Name, pl)
	p.types.Store(s.ModelType, pl)
	return pl, nil
}

// statementPlan is the plan of a statement that is to be run; nil where there is nothing to do.
func (p *plugin) statementPlan(db *gorm.DB) *plan {
	if db.Error != nil || db.Statement.Schema == nil {
		return nil
	}
	pl, err := p.planOf(db.Statement.Schema)
	if err != nil {
		db.AddError(err)
		return nil
	}
	return pl
}

// BuildEqual implements Finder.
func (p *plugin) BuildEqual(stmt *gorm.Statement, e Equal) {
	fail := func(err error) {
		stmt.AddError(err)
		stmt.WriteString("1 = 0")
	}
	pl, err := p.planFor(stmt, e.Column.Table())
	if err != nil {
		fail(err)
		return
	}
	if pl != nil {
		for _, c := range pl.columns {
			if c.Column != e.Column {
				continue
			}
			if c.Index == "" {
				fail(fmt.Errorf("%s has no blind index, so it cannot be looked up", e.Column))
				return
			}
			found, err := p.keyring.Index(e.Column, c.Norm, e.Text())
			if err != nil {
				fail(err)
				return
			}
			values := make([]any, len(found))
			for i := range found {
				values[i] = found[i]
			}
			table := pl.table.Name
			if stmt.Schema != nil && stmt.Schema.Table == table {
				table = clause.CurrentTable
			}
			clause.IN{Column: clause.Column{Table: table, Name: c.Index}, Values: values}.Build(stmt)
			return
		}
	}
	fail(fmt.Errorf("%s is not a sealed column of a model that is known here", e.Column))
}

// planFor finds the plan of a table: the statement's own, one related to it, or one that was seen before.
func (p *plugin) planFor(stmt *gorm.Statement, table string) (*plan, error) {
	if stmt.Schema != nil {
		if stmt.Schema.Table == table {
			return p.planOf(stmt.Schema)
		}
		for _, rel := range stmt.Schema.Relationships.Relations {
			if rel.FieldSchema != nil && rel.FieldSchema.Table == table {
				return p.planOf(rel.FieldSchema)
			}
		}
	}
	if known, ok := p.tables.Load(table); ok {
		return known.(*plan), nil
	}
	return nil, nil
}

// typePlan is the plan of a model's type, if it was seen.
func (p *plugin) typePlan(t reflect.Type) *plan {
	if known, ok := p.types.Load(t); ok {
		return known.(*plan)
	}
	return nil
}
