import { mkdirSync, writeFileSync } from 'node:fs'
import { COMMANDS } from './commands/commands.ts'
import { referencePage } from './reference/reference-page.ts'
import { schemaFiles } from './schema/schema-files.ts'

const ROOT = new URL('../../../', import.meta.url)
const PAGE = new URL('docs/reference/cli.md', ROOT)

writeFileSync(PAGE, referencePage(COMMANDS))
console.info(PAGE.pathname)

mkdirSync(new URL('schemas/', ROOT), { recursive: true })
for (const [name, text] of schemaFiles()) writeFileSync(new URL(`schemas/${name}`, ROOT), text)
