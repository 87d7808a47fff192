// Package tally counts assertions; see tally.py.
package tally

import (
	"errors"
	"fmt"
	"os"
	"reflect"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

var count int

// Part is a group of assertions that belong together.
type Part struct {
	Name string
	Run  func()
}

func fail(format string, values ...any) { panic(fmt.Sprintf(format, values...)) }

// Equal compares what a client read with what AWS documents.
func Equal[T any](actual, wanted T, what string) {
	count++
	if !reflect.DeepEqual(actual, wanted) {
		fail("%s: %#v, expected %#v", what, actual, wanted)
	}
}

// True is for what no value can be named.
func True(condition bool, what string) {
	count++
	if !condition {
		fail("%s", what)
	}
}

// Must unpacks an answer that must come.
func Must[T any](answer T, err error) T {
	if err != nil {
		fail("%v", err)
	}
	return answer
}

// Refused expects an error of the SDK's class E.
func Refused[E error](err error) E {
	count++
	var wanted E
	if !errors.As(err, &wanted) {
		fail("%v, expected a %T", err, wanted)
	}
	return wanted
}

// RefusedWith expects an error with this code and HTTP status.
func RefusedWith(err error, code string, status int) {
	api := Refused[smithy.APIError](err)
	Equal(api.ErrorCode(), code, err.Error())
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) {
		fail("%v came without a response", err)
	}
	Equal(response.HTTPStatusCode(), status, err.Error())
}

func run(part Part) (ok bool) {
	before := count
	defer func() {
		if what := recover(); what != nil {
			fmt.Printf("%s: %v\n", part.Name, what)
			ok = false
		}
	}()
	part.Run()
	fmt.Printf("%s: ok, %d assertions\n", part.Name, count-before)
	return true
}

// Run runs every part, also after one has failed, and ends the program.
func Run(parts ...Part) {
	failed := false
	for _, part := range parts {
		failed = !run(part) || failed
	}
	if failed {
		os.Exit(1)
	}
	fmt.Printf("%d assertions\n", count)
}
