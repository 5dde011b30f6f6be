import { writeFileSync } from 'node:fs'
import { COMMANDS } from './commands/commands.ts'
import { referencePage } from './reference/reference-page.ts'

const PAGE = new URL('../../../docs/reference/cli.md', import.meta.url)

writeFileSync(PAGE, referencePage(COMMANDS))
console.info(PAGE.pathname)
