import { LIFE } from './life.ts'
import { lifePlays } from './life.plays.ts'
import { playTables } from './play-table.ts'
import { TEMPLATES } from './templates.ts'
import { templatesPlays } from './templates.plays.ts'

// Templates share a renderer, which one that loops keeps busy.
const tables = [
  [TEMPLATES, templatesPlays],
  [LIFE, lifePlays],
] as const

// One resource at a time, so that the log tells their order.
playTables(tables, { inOrder: true, args: ['--polling-interval=1s', '--concurrency=1'] })
