#!/usr/bin/env node
// A plug-in of kubectl: `kubectl acksm`. The same program, which recognises this name.
import './acksm.mjs'
