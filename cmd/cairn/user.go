package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/cluster"
)

// userCommand is for the operator, who may do anything to any account.
type userCommand struct {
	Data        string `default:"./data" type:"path" help:"The server's data folder."`
	DatabaseURL string `name:"database-url" help:"The server's database, if it has one by --database-url."`
	passwordFlags

	List     userList     `cmd:"" help:"List all users."`
	Create   userCreate   `cmd:"" help:"Create a user. The password is asked for, or read from a pipe."`
	Password userPassword `cmd:"" help:"Set a user's password; all sign-ins of the user end. It is asked for, or read from a pipe."`
	Role     struct {
		Add    userRoleAdd    `cmd:"" help:"Give a user a role: admin may do everything, deactivated nothing."`
		Remove userRoleRemove `cmd:"" help:"Take a role from a user."`
	} `cmd:"" help:"Give roles and take them away."`
	Delete userDelete `cmd:"" help:"Delete a user."`
}

// office is where accounts are kept.
type office struct {
	users   *auth.Users
	catalog *catalog.Catalog
	policy  auth.PasswordPolicy
}

// in does the work in the place that the flags name.
func (c *userCommand) in(ctx context.Context, work func(office) error) (err error) {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	url := c.DatabaseURL
	if url == "" {
		private, leave, err := cluster.Join(ctx, cluster.Config{Dir: c.Data})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, leave(context.WithoutCancel(ctx))) }()
		url = private
	}
	pool, err := catalog.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	background, end := context.WithCancel(ctx)
	defer end()
	entries := catalog.Open(background, pool)
	if filled, err := entries.Filled(ctx); err != nil {
		return err
	} else if !filled {
		return cairn.Errorf(cairn.NotFound, "This database has no users yet. Run cairn serve on it once: it makes the user admin.")
	}
	users, err := auth.Open(ctx, pool, auth.Options{Policy: c.policy()})
	if err != nil {
		return err
	}
	users.RememberIn(entries)
	users.WelcomeWith(catalog.Welcome)
	return work(office{users, entries, c.policy()})
}

type userList struct {
	JSON bool `env:"-" help:"As JSON."`
}

func (l userList) Run(ctx context.Context, in *userCommand) error {
	return in.in(ctx, func(o office) error {
		accounts, err := o.catalog.Accounts(ctx, auth.Operator())
		if err != nil {
			return err
		}
		if l.JSON {
			return printJSON(accounts)
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tE-MAIL\tROLES\tORGANIZATIONS")
		for _, a := range accounts {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", a.Name, a.Email, strings.Join(a.Roles, ","), strings.Join(a.Organizations, ","))
		}
		return table.Flush()
	})
}

func printJSON(accounts []catalog.Account) error {
	type line struct {
		UserName      string   `json:"userName"`
		Email         string   `json:"email"`
		Roles         []string `json:"roles"`
		Organizations []string `json:"organizations"`
	}
	lines := []line{}
	for _, a := range accounts {
		lines = append(lines, line{a.Name, a.Email, a.Roles, a.Organizations})
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(lines)
}

type userCreate struct {
	Name     string   `arg:"" help:"Lower-case letters and digits."`
	Email    string   `env:"-" help:"E-mail address."`
	Role     []string `env:"-" help:"Role to give. May be repeated."`
	Generate bool     `env:"-" help:"Make a password and print it, once."`
}

func (c userCreate) Run(ctx context.Context, in *userCommand) error {
	return in.in(ctx, func(o office) error {
		password, err := o.newPassword(ctx, c.Name, c.Generate)
		if err != nil {
			return err
		}
		_, err = o.users.Add(ctx, auth.Operator(), auth.NewUser{Name: c.Name, Email: c.Email, Password: password, Roles: c.Role})
		return tell(err, password, c.Generate)
	})
}

type userPassword struct {
	Name     string `arg:"" help:"Whose password it is."`
	Generate bool   `env:"-" xor:"how" help:"Make a password and print it, once."`
	Remove   bool   `env:"-" xor:"how" help:"Leave the user without one: only a directory (LDAP, external login) lets the user in."`
}

func (p userPassword) Run(ctx context.Context, in *userCommand) error {
	return in.in(ctx, func(o office) error {
		if _, err := o.users.Account(ctx, auth.Operator(), p.Name, auth.Administer); err != nil {
			return err // before a password is asked for
		}
		if p.Remove {
			return o.users.RemovePassword(ctx, auth.Operator(), p.Name)
		}
		password, err := o.newPassword(ctx, p.Name, p.Generate)
		if err != nil {
			return err
		}
		_, _, err = o.users.ChangePassword(ctx, auth.Operator(), p.Name, auth.PasswordChange{New: password})
		return tell(err, password, p.Generate)
	})
}

// tell prints a password that was made, once it counts.
func tell(err error, password string, made bool) error {
	if err == nil && made {
		_, err = fmt.Println(password)
	}
	return err
}

type userRoleAdd struct {
	Name string `arg:"" help:"Who gets it."`
	Role string `arg:"" help:"admin, deactivated, or one of your own."`
}

func (r userRoleAdd) Run(ctx context.Context, in *userCommand) error {
	return in.changeRoles(ctx, r.Name, func(roles []string) []string { return append(roles, r.Role) })
}

type userRoleRemove struct {
	Name string `arg:"" help:"Who loses it."`
	Role string `arg:"" help:"A role that the user has."`
}

func (r userRoleRemove) Run(ctx context.Context, in *userCommand) error {
	return in.changeRoles(ctx, r.Name, func(roles []string) []string {
		return slices.DeleteFunc(roles, func(had string) bool { return had == r.Role })
	})
}

func (c *userCommand) changeRoles(ctx context.Context, name string, change func([]string) []string) error {
	return c.in(ctx, func(o office) error {
		user, err := o.users.Account(ctx, auth.Operator(), name, auth.Administer)
		if err != nil {
			return err
		}
		roles := change(slices.Clone(user.Roles))
		return o.users.Edit(ctx, auth.Operator(), name, auth.AccountChange{Roles: &roles})
	})
}

type userDelete struct {
	Name      string `arg:"" help:"Who goes."`
	Successor string `env:"-" placeholder:"NAME" xor:"fate" required:"" help:"Who gets the user's organizations."`
	WithData  bool   `env:"-" xor:"fate" required:"" help:"Delete the user's organizations with all their datasets."`
}

func (d userDelete) Run(ctx context.Context, in *userCommand) error {
	return in.in(ctx, func(o office) error {
		_, err := o.catalog.DeleteUser(ctx, auth.Operator(), o.users, d.Name, d.Successor)
		return err
	})
}
