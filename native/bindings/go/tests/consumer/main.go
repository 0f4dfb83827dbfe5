// SPDX-License-Identifier: Apache-2.0

// The command consumer depends on the packaged module.
package main

import (
	"fmt"
	"log"

	"github.com/exactloss/exactloss-go"
)

func main() {
	loss, err := exactloss.NewBatch([]float32{0.9, 0.4, 0.2}, []uint8{1, 0, 1}).Mean(exactloss.Mnist)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(loss)
}
