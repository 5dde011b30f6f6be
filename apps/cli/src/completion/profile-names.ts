import type { CommandIo, Completion } from '@ack-secret-manager/command-line'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'

interface AliyunConfig {
  readonly profiles?: readonly { readonly name?: unknown; readonly mode?: unknown }[]
}

/** Names of the profiles of the `aliyun` CLI and of the credentials file. A file that cannot be read has none. */
export async function profileNames(env: CommandIo['env']): Promise<readonly Completion[]> {
  const home = env['HOME'] ?? env['USERPROFILE'] ?? ''
  const [config, credentials] = await Promise.all([
    readText(path.join(home, '.aliyun', 'config.json')),
    readText(env['ALIBABA_CLOUD_CREDENTIALS_FILE'] ?? path.join(home, '.alibabacloud', 'credentials')),
  ])
  const names = new Map<string, string>()
  for (const { name, mode } of profilesOf(config)) {
    if (typeof name === 'string') names.set(name, typeof mode === 'string' ? mode : '')
  }
  for (const [, name = ''] of credentials.matchAll(/^\s*\[([^\]\n]+)\]/gm)) {
    if (!names.has(name.trim())) names.set(name.trim(), 'credentials file')
  }
  return [...names].map(([word, help]) => ({ word, help }))
}

function profilesOf(text: string): NonNullable<AliyunConfig['profiles']> {
  try {
    const { profiles } = JSON.parse(text) as AliyunConfig
    return Array.isArray(profiles) ? profiles : []
  } catch {
    // Not JSON: the command itself reports it.
    return []
  }
}

async function readText(file: string): Promise<string> {
  try {
    // Opening a FIFO would wait for a writer.
    await using opened = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    return (await opened.stat()).isFile() ? await opened.readFile('utf8') : ''
  } catch {
    // Most users have only one of the two files.
    return ''
  }
}
