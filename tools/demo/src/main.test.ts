import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

it('ends its programs on SIGTERM', async () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@ack-secret-manager/source', main], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exit = once(child, 'exit')
  let port: number | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    port = Number(/ at 127\.0\.0\.1:(\d+) \(TLS\)$/.exec(line)?.[1])
    if (port > 0) break
  }
  expect(await canConnect(port ?? 0)).toBe(true)
  child.kill('SIGTERM')
  expect(await exit).toEqual([143, null])
  await expect.poll(() => canConnect(port ?? 0)).toBe(false)
})
