import { chmod, chown } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { useKms } from '../testing/kms.ts'
import { run } from '../testing/run.ts'

const kms = useKms()
const FILE = '~/.aliyun/config.json'
const OTHER_USER = 4_242

it.each([
  ['600', undefined, undefined],
  ['644', undefined, `has mode 644, so that other users may read it: chmod 600 ${FILE}`],
  ['620', undefined, `has mode 620, so that other users may change it: chmod 600 ${FILE}`],
  ['666', undefined, `has mode 666, so that other users may read and change it: chmod 600 ${FILE}`],
  ['600', OTHER_USER, `belongs to another user (id ${OTHER_USER}), who may read and change it: use a copy of your own`],
])('a profile file of mode %s and owner %s', async (mode, owner, warning) => {
  // Only the administrator can give a file away.
  if (owner !== undefined && process.getuid?.() !== 0) return
  const profiles = [{ name: 'p', mode: 'AK', access_key_id: 'LTAI5tDemo', access_key_secret: 'none' }]
  const HOME = await folderWith({ '.aliyun/config.json': JSON.stringify({ current: 'p', profiles }) })
  const file = path.join(HOME, '.aliyun/config.json')
  await chmod(file, Number.parseInt(mode, 8))
  if (owner !== undefined) await chown(file, owner, owner)
  // KMS does not know the AccessKey, so the command ends at once.
  const { err } = await run(['get', 'app/db', '--profile', 'p', ...kms.flags], { env: { HOME } })
  const [first] = err.split('\n')
  if (warning === undefined) expect(first).toMatch(/^acksm: using profile p/)
  else expect(first).toContain(`acksm: warning: ${FILE} ${warning}`)
})
