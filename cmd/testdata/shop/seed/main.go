// Command seed makes the shop's database.
package main

import (
	"database/sql"
	"fmt"
	"os"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	_ "modernc.org/sqlite"

	"example.com/shop/models"
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
	if err := db.AutoMigrate(&models.Customer{}, &models.Order{}, &models.OrderLine{}, &models.Tag{}, &models.Person{}, &models.Equipment{}); err != nil {
		return err
	}
	nickname, shipped := "Didi", time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	customer := models.Customer{
		Name: "Dana", Nickname: &nickname, Phone: sql.NullString{String: "0123", Valid: true},
		Home: models.Address{Street: "Kai 7", City: "Kiel"}, Work: &models.Address{City: "Bonn"},
		Orders: []models.Order{
			{
				Status: models.StatusOpen, Channel: models.ChannelWeb, Total: models.Euros(12, 5), Reference: models.UUID{1, 2},
				Origin: models.JSON{"campaign": "autumn"}, Labels: []string{"gift", "fragile"}, Paid: true, Weight: 1.5, Parcels: 2,
				Signature: []byte{0xde, 0xad}, ShippedAt: &shipped, Tags: []*models.Tag{{Name: "vip"}, {Name: "late"}},
				Lines: []models.OrderLine{{Position: 0, Article: "lamp", Pieces: 1}, {Position: 1, Article: "bulb", Pieces: 3}},
			},
			{Status: models.StatusClosed, Channel: models.ChannelPhone},
		},
	}
	gone := models.Customer{Name: "Gone"}
	for _, row := range []any{&customer, &gone, &models.Person{ID: models.UUID{9}, Name: "Ada"}, &models.Equipment{Name: "ladder"}} {
		if err := db.Create(row).Error; err != nil {
			return err
		}
	}
	for n := range 1200 {
		if err := db.Create(&models.OrderLine{OrderID: 9, Position: n, Article: "screw", Pieces: n}).Error; err != nil {
			return err
		}
	}
	return db.Delete(&gone).Error
}
