module github.com/weirmq/weir/benchmarks

go 1.26.0
