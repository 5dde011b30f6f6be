import { expect, it } from 'vitest'
import { TestIssuer, useAccess } from '../testing/access.ts'
import { folderWith } from '../testing/files.ts'
import { start } from '../testing/run.ts'

const access = useAccess(async () => new TestIssuer())

it('tries a store whose STS is down until --timeout, and syncs as soon as it responds', async () => {
  const cwd = await folderWith({ 'in.yaml': await access.manifest('assume-role') })
  await access.control('POST', 'faults', { fault: 'http503', match: { action: 'AssumeRole' } })
  const argv = ['sync', '-f', 'in.yaml', '--out', 'out', '--log-level', 'debug', ...access.flags]
  const running = start(argv, { cwd })
  await running.err.until(/(?:: Unavailable, .*HTTP 503[^]*){3}/)
  await access.control('DELETE', 'faults')
  expect(await running.done).toMatchObject({ code: 0, out: expect.stringMatching(/Synced/) })
})
