import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { rehearsalSteps } from './rehearse.ts'

it('builds first, then tests packages and chart and image, and skips nothing', () => {
  const [build, ...tests] = rehearsalSteps()
  expect(build).toMatchObject({ command: 'npm', args: ['run', 'build'] })
  expect(tests.map(({ args }) => args)).toEqual([
    ['run', '--project', 'published', 'e2e/publish'],
    ['run', '--project', 'cluster', 'e2e/publish'],
  ])
  for (const { command, env } of tests)
    expect([command, env]).toEqual(['vitest', { PUBLISH: 'all', IMAGE_TEST: 'required', CI: 'true' }])
})

/** Runs a rehearsal of shell commands in a process of its own, because it writes to the terminal. */
function rehearse(...scripts: readonly string[]): Promise<readonly [code: number, stdout: string, stderr: string]> {
  const steps = scripts.map((script) => ({ title: script, command: 'sh', args: ['-c', script] }))
  const source = `import { rehearse } from '${new URL('rehearse.ts', import.meta.url).href}'
    process.exitCode = await rehearse(${JSON.stringify(steps)})`
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', source], (error, stdout, stderr) =>
      resolve([Number(error?.code ?? 0), stdout, stderr]),
    )
  })
}

const measured = (type: string, message: string): string =>
  `echo '${JSON.stringify({ type, message })}' >> $TEST_ANNOTATIONS`

it('ends with the figures of its steps, and deletes the folder of all temporary files', async () => {
  const [code, out] = await rehearse(
    `${measured('published', 'npm: 28 packages')}; mktemp`,
    measured('first use', 'npx cli: 2 s'),
  )
  const file = /^\/.*$/m.exec(out)?.[0] ?? ''
  expect([code, file]).toEqual([0, expect.stringContaining('/acksm-release-')])
  expect(existsSync(file)).toBe(false)
  expect(out).toMatch(/^Rehearsal of \S+ with registries on this machine, in 2 steps\.\n\n1\/2 echo/)
  expect(out).toMatch(/\n  npm  28 packages\n[^]*\n  npx cli +2 s\n[^]*The rehearsal of \S+ passed in \d+ s\./)
})

it('stops at the first step that fails, and names it last', async () => {
  const [code, out, error] = await rehearse('mktemp; exit 3', 'echo never')
  expect([code, out]).toEqual([3, expect.not.stringContaining('never\n')])
  expect(existsSync(/^\/.*$/m.exec(out)?.[0] ?? '')).toBe(false)
  expect(error).toMatch(/\nThe rehearsal of \S+ FAILED in step 1\/2 mktemp; exit 3, with exit code 3, after \d+ s\.\n$/)
})

it('is no success if nothing was measured', async () => {
  expect(await rehearse(measured('published', 'npm: 28 packages'))).toEqual([
    1,
    expect.not.stringContaining('passed'),
    expect.stringContaining('the rehearsal has measured nothing for "From an empty folder'),
  ])
})
