import { execFile } from 'node:child_process'
import { expect, it } from 'vitest'

/** Runs a step of a shell in a process of its own, because it writes to the process's stderr. */
function run(script: string, isQuiet: boolean): Promise<readonly [code: number, stdout: string, stderr: string]> {
  const step = { command: 'sh', args: ['-c', script], env: { GREETING: 'hello' }, isQuiet }
  const source = `import { runStep } from '${new URL('run-step.ts', import.meta.url).href}'
    process.exitCode = await runStep(${JSON.stringify(step)})`
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', source], (error, stdout, stderr) =>
      resolve([Number(error?.code ?? 0), stdout, stderr]),
    )
  })
}

it.each([
  ['shows its output', 'echo $GREETING', false, [0, 'hello\n', '']],
  ['hides the output of a quiet step', 'echo $GREETING; echo $GREETING >&2', true, [0, '', '']],
  ['shows it if the step fails', 'echo $GREETING; echo why >&2; exit 3', true, [3, '', 'hello\nwhy\n']],
  ['reports a signal as the shell does', 'kill -TERM $$', true, [143, '', '']],
] as const)('%s', async (_what, script, isQuiet, expected) => expect(await run(script, isQuiet)).toEqual(expected))

it('finds the programs of this checkout', async () => {
  expect(await run('command -v vitest', false)).toEqual([
    0,
    expect.stringMatching(/node_modules\/\.bin\/vitest\n$/),
    '',
  ])
})
