import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { BACKEND_RULES } from './backend/backend-contract.ts'
import { CREDENTIAL_PROVIDER_RULES } from './credential-provider/credential-provider-contract.ts'
import { HINT_SOURCE_RULES } from './hint-source/hint-source-contract.ts'
import { WRITER_RULES } from './writer/writer-contract.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const readme = await readFile(path.join(home, 'README.md'), 'utf8')

it('has an example in its README that is a test file which passes', async () => {
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  // Outside of the sources, which other tests read at the same time; imports resolve like those of a user.
  const folder = await mkdtemp(path.join(tmpdir(), 'acksm-testkit-readme-'))
  try {
    await symlink(path.join(home, '../../node_modules'), path.join(folder, 'node_modules'))
    await writeFile(path.join(folder, 'map.test.ts'), code)
    await writeFile(
      path.join(folder, 'vitest.config.mjs'),
      "export default { ssr: { resolve: { conditions: ['@ack-secret-manager/source'] } } }",
    )
    const vitest = path.join(home, '../../node_modules/vitest/vitest.mjs')
    const { stdout } = await promisify(execFile)(process.execPath, [vitest, 'run', '--root', folder], {
      env: { ...process.env, NO_COLOR: '1' },
      timeout: 120_000,
    })
    expect(stdout).toMatch(/Tests\s+24 passed \(24\)/)
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('tells in its README how many rules there are', () => {
  const rules = {
    Backend: BACKEND_RULES,
    CredentialProvider: CREDENTIAL_PROVIDER_RULES,
    Writer: WRITER_RULES,
    HintSource: HINT_SOURCE_RULES,
  }
  for (const [suite, { length }] of Object.entries(rules)) {
    expect(readme).toMatch(new RegExp(`\`describe${suite}Contract\\([^|]*\\| ${length} `))
  }
})
