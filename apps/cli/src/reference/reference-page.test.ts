import { type AnyCommand, defineCommand } from '@ack-secret-manager/command-line'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { COMMANDS } from '../commands/commands.ts'
import { referencePage } from './reference-page.ts'

it('shows each flag with its variable and default', () => {
  const command = defineCommand({
    name: 'poll',
    summary: 'Poll.',
    description: 'Polls a secret.',
    examples: [['acksm poll a', 'once']],
    argument: { name: 'NAME', help: 'Name.', isOptional: true },
    more: { name: 'TAG', help: 'Tag.' },
    rest: { name: 'COMMAND', help: 'Program.' },
    flags: {
      region: { kind: 'region', value: 'REGION', help: 'Where *.' },
      output: { kind: 'text', short: 'o', choices: ['human', 'json'], default: 'human', help: 'Format.' },
      file: { kind: 'text', value: 'FILE', required: true, help: 'File.' },
      raw: { kind: 'switch', help: 'Bytes.' },
      old: { kind: 'text', deprecated: 'gone', help: '' },
    },
    load: async () => async () => 0,
  })
  expect(referencePage([command]).split('## acksm poll\n')[1]).toBe(`
\`acksm poll [NAME] [TAG...] --file FILE [flags] -- COMMAND\`

Polls a secret.

- \`NAME\`: Name.
- \`TAG\`: Tag.
- \`COMMAND\`: Program.
- \`--region REGION\`, \`ACKSM_REGION\`: Where \\*.
- \`-o, --output human|json\`, \`ACKSM_OUTPUT\`: Format. Default: \`human\`.
- \`--file FILE\`, \`ACKSM_FILE\`: File.
- \`--raw\`, \`ACKSM_RAW\`: Bytes.

\`\`\`sh
# once
acksm poll a
\`\`\`
`)
})

it('lists a flag once that most commands have, and a different one at its command', () => {
  const commandOf = (name: string, help: string): AnyCommand =>
    defineCommand({
      name,
      summary: name,
      description: name,
      examples: [],
      flags: { raw: { kind: 'switch', help } },
      load: async () => async () => 0,
    })
  const commands = ['a', 'b', 'c', 'd'].map((name) => commandOf(name, 'Bytes.'))
  const page = referencePage([...commands, commandOf('e', 'Other.')])
  expect(page.split('ACKSM_RAW')).toHaveLength(3)
  expect(page).toContain(
    '\nA command whose flag has another meaning or default lists it itself.\n\n- `--raw`, `ACKSM_RAW`: Bytes.\n',
  )
  expect(page).toContain('`acksm a [flags]`\n\na\n\n- [Common flags](#common-flags): `--raw`.\n')
  expect(page.endsWith('\ne\n\n- `--raw`, `ACKSM_RAW`: Other.\n')).toBe(true)
})

it('is up to date; if not, run npm run generate -w apps/cli', async () => {
  const page = await readFile(new URL('../../../../docs/reference/cli.md', import.meta.url), 'utf8')
  expect(page).toBe(referencePage(COMMANDS))
})
