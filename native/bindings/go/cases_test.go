// SPDX-License-Identifier: Apache-2.0

package exactloss_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/exactloss/exactloss-go"
)

// testCase is a case of the conformance file.
type testCase struct {
	name, operation string
	lines
}

// lines are the lines of a case, by their tokens.
type lines [][]string

// isInput has the lines that are no results. Those of an accumulator's pieces are looked at where they are added.
var (
	isInput = setOf("losses reduction flags predictions targets weights initial condition a b upstream divisor " +
		"threshold beta counts input")
	isPiece = setOf("add add_with_gradient gradient merge")
)

func setOf(names string) map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(names) {
		set[name] = true
	}
	return set
}

// readCases returns the cases, of which there are as many as the last line says.
func readCases(t *testing.T, text string) []*testCase {
	var cases []*testCase
	var open *testCase
	end := -1
	for _, line := range strings.Split(text, "\n") {
		tokens := strings.Fields(line)
		switch {
		case len(tokens) == 0 || tokens[0] == "#":
		case end >= 0:
			t.Fatalf("a line after the end: %s", line)
		case tokens[0] == "case" && open == nil:
			open = &testCase{name: tokens[1], operation: tokens[2]}
		case tokens[0] == "end" && open == nil:
			end = integer(tokens[1])
		case open == nil:
			t.Fatalf("a line outside of a case: %s", line)
		case tokens[0] == "done":
			cases, open = append(cases, open), nil
		default:
			open.lines = append(open.lines, tokens)
		}
	}
	if end != len(cases) {
		t.Fatalf("the file ends with %d, but has %d cases", end, len(cases))
	}
	return cases
}

// find returns the tokens after the name of the line that has this name, or nil.
func (l lines) find(name string) []string {
	for _, line := range l {
		if line[0] == name {
			return line[1:]
		}
	}
	return nil
}

func (l lines) hasFlag(flag string) bool {
	for _, name := range l.find("flags") {
		if name == flag {
			return true
		}
	}
	return false
}

func (l lines) losses() exactloss.Loss {
	var set exactloss.Loss
	for _, name := range l.find("losses") {
		set |= losses[name]
	}
	return set
}

// count returns the number of predictions.
func (l lines) count() int {
	return integer(l.find("predictions")[1])
}

func integer(token string) int {
	value, err := strconv.Atoi(token)
	if err != nil {
		panic(err)
	}
	return value
}

func pattern(token string) uint64 {
	value, err := strconv.ParseUint(token, 16, 64)
	if err != nil {
		panic(err)
	}
	return value
}

func doubleOf(token string) float64 {
	return math.Float64frombits(pattern(token))
}

// elementsOf returns the elements of "TYPE COUNT KIND ...".
func elementsOf[E any](array []string) []E {
	var zero E
	patterns := generate(array, int(unsafe.Sizeof(zero))*8)
	elements := make([]E, len(patterns))
	for i, pattern := range patterns {
		memory := unsafe.Pointer(&elements[i])
		switch unsafe.Sizeof(zero) {
		case 1:
			*(*uint8)(memory) = uint8(pattern)
		case 2:
			*(*uint16)(memory) = uint16(pattern)
		case 4:
			*(*uint32)(memory) = uint32(pattern)
		case 8:
			*(*uint64)(memory) = pattern
		}
	}
	return elements
}

func patternsOf[E any](elements []E) []uint64 {
	patterns := make([]uint64, len(elements))
	for i := range elements {
		memory := unsafe.Pointer(&elements[i])
		switch unsafe.Sizeof(elements[i]) {
		case 2:
			patterns[i] = uint64(*(*uint16)(memory))
		case 4:
			patterns[i] = uint64(*(*uint32)(memory))
		case 8:
			patterns[i] = *(*uint64)(memory)
		}
	}
	return patterns
}

func bitsOf(array []string) exactloss.Bits {
	offset := integer(strings.TrimPrefix(array[0], "bits:"))
	patterns := generate(array, 1)
	bytes := make([]byte, (offset+len(patterns)+7)/8)
	for i, pattern := range patterns {
		bytes[(offset+i)/8] |= byte(pattern) << ((offset + i) % 8)
	}
	return exactloss.Bits{Bytes: bytes, Offset: offset, Count: len(patterns)}
}

func generate(array []string, width int) []uint64 {
	count, kind := integer(array[1]), array[2]
	var numbers []uint64
	for _, token := range array[3:] {
		numbers = append(numbers, pattern(token))
	}
	if kind == "bits" {
		if len(numbers) != count {
			panic(fmt.Sprintf("%d patterns of %d", len(numbers), count))
		}
		return numbers
	}
	state := numbers[0]
	next := func() uint64 {
		state += 0x9e3779b97f4a7c15
		z := (state ^ state>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return z ^ z>>31
	}
	patterns := make([]uint64, count)
	for i := range patterns {
		switch w := next(); kind {
		case "range":
			patterns[i] = numbers[1] + w%numbers[2]
		case "signed":
			patterns[i] = (numbers[1] + w>>1%numbers[2]) | w&1<<(width-1)
		case "choice":
			patterns[i] = numbers[1:][w%uint64(len(numbers)-1)]
		default:
			panic("unknown kind " + kind)
		}
	}
	return patterns
}

func fnv1a(bytes []byte) uint64 {
	hash := uint64(0xcbf29ce484222325)
	for _, b := range bytes {
		hash = (hash ^ uint64(b)) * 0x100000001b3
	}
	return hash
}

// widths and infinities are those of the types of elements.
var widths = map[string]int{"float16": 16, "bfloat16": 16, "float32": 32, "float64": 64}
var infinities = map[string]uint64{
	"float16": 0x7c00, "bfloat16": 0x7f80, "float32": 0x7f800000, "float64": 0x7ff0000000000000,
}

// is tells whether a result has the bits of the token; any NaN has those of "nan".
func is(token string, actual uint64, typeName string) bool {
	if token == "nan" {
		return actual&^(1<<(widths[typeName]-1)) > infinities[typeName]
	}
	return actual == pattern(token)
}

func isDouble(token string, actual float64) bool {
	return is(token, math.Float64bits(actual), "float64")
}

func isFloat(token string, actual float32) bool {
	return is(token, uint64(math.Float32bits(actual)), "float32")
}

// compareElements compares with "bits ..." or "fnv1a ...".
func compareElements(expected []string, actual []uint64, typeName string) error {
	if expected[0] == "fnv1a" {
		var bytes []byte
		for _, pattern := range actual {
			for shift := 0; shift < widths[typeName]; shift += 8 {
				bytes = append(bytes, byte(pattern>>shift))
			}
		}
		hash := fnv1a(bytes)
		return unless(hash == pattern(expected[1]), "the hash %016x", hash)
	}
	if len(expected)-1 != len(actual) {
		return fmt.Errorf("%d elements", len(actual))
	}
	for i, token := range expected[1:] {
		if !is(token, actual[i], typeName) {
			return fmt.Errorf("element %d is %x", i, actual[i])
		}
	}
	return nil
}
