module go-jmespath

go 1.21

require github.com/jmespath/go-jmespath v0.4.0
