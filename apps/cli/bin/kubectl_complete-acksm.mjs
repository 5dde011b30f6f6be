#!/usr/bin/env node
// kubectl calls this to complete words after `kubectl acksm`.
process.argv.splice(2, 0, '__complete')
await import('./acksm.mjs')
