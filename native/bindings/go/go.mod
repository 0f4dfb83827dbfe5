module github.com/exactloss/exactloss-go

go 1.18
