// SPDX-License-Identifier: Apache-2.0

// The command overhead prints the time of a mean through this module, of the C function called directly by cgo, and of an
// empty call of cgo, in turns: go run ./internal/overhead
package main

/*
#cgo pkg-config: exactloss
#include <exactloss/exactloss.h>
#include <stddef.h>

static void empty(void) {}

static double mean(const uint8_t *predictions, const uint8_t *targets, int64_t count) {
    double loss;
    int options = EXACTLOSS_MNIST | EXACTLOSS_MEAN | EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8;
    return exactloss_loss(options, predictions, targets, NULL, count, NULL, &loss, NULL) == EXACTLOSS_OK ? loss : -1;
}

static double means(const uint8_t *predictions, const uint8_t *targets, int64_t count, int calls) {
    double loss = 0;
    for (int i = 0; i < calls; i++) {
        loss = mean(predictions, targets, count);
    }
    return loss;
}
*/
import "C"

import (
	"fmt"
	"math/rand"
	"sort"
	"time"
	"unsafe"

	"github.com/exactloss/exactloss-go"
)

func main() {
	fmt.Printf("%10s %8s %12s %12s %12s %12s\n", "elements", "", "module", "C by cgo", "C", "empty call")
	for _, size := range []struct{ count, calls, rounds int }{{64, 1000, 1000}, {4096, 500, 1000}, {10_000_000, 1, 200}} {
		random := rand.New(rand.NewSource(1))
		predictions := make([]float32, size.count)
		targets := make([]uint8, size.count)
		for i := range predictions {
			predictions[i], targets[i] = random.Float32(), uint8(random.Intn(2))
		}
		p, t := (*C.uint8_t)(unsafe.Pointer(&predictions[0])), (*C.uint8_t)(unsafe.Pointer(&targets[0]))
		n := C.int64_t(size.count)
		expected := float64(C.mean(p, t, n))
		var times [4][]float64
		for round := 0; round < size.rounds; round++ {
			measure(&times[0], size.calls, func(calls int) {
				for i := 0; i < calls; i++ {
					if loss, err := exactloss.NewBatch(predictions, targets).Mean(exactloss.Mnist); err != nil || loss != expected {
						panic(fmt.Sprint(loss, err))
					}
				}
			})
			measure(&times[1], size.calls, func(calls int) {
				for i := 0; i < calls; i++ {
					C.mean(p, t, n)
				}
			})
			measure(&times[2], size.calls, func(calls int) { C.means(p, t, n, C.int(calls)) })
			measure(&times[3], size.calls, func(calls int) {
				for i := 0; i < calls; i++ {
					C.empty()
				}
			})
		}
		for _, row := range []struct {
			name  string
			index int
		}{{"min", 0}, {"median", size.rounds / 2}, {"max", size.rounds - 1}} {
			fmt.Printf("%10d %8s", size.count, row.name)
			for i := range times {
				sort.Float64s(times[i])
				fmt.Printf(" %9.1f ns", times[i][row.index])
			}
			fmt.Println()
		}
	}
}

// measure appends the nanoseconds of a call.
func measure(times *[]float64, calls int, run func(calls int)) {
	start := time.Now()
	run(calls)
	*times = append(*times, float64(time.Since(start).Nanoseconds())/float64(calls))
}
