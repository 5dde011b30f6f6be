import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { folderWith } from '../testing/files.ts'
import { run } from '../testing/run.ts'

const CREDENTIAL = JSON.stringify({
  apiVersion: 'client.authentication.k8s.io/v1',
  kind: 'ExecCredential',
  status: { token: 'canary-login-token' },
})

it('shows what the login command of a kubeconfig asks of the user', async () => {
  const args = ['-c', `echo 'enter the code ABCD' >&2; echo '${CREDENTIAL}'`]
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args, interactiveMode: 'IfAvailable' }
  const kubeconfig = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'dev',
    clusters: [{ name: 'dev', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'dev', user: { exec } }],
    contexts: [{ name: 'dev', context: { cluster: 'dev', user: 'dev' } }],
  })
  const cwd = await folderWith({ kubeconfig })
  const { code, err } = await run(['status', '--kubeconfig', 'kubeconfig'], { cwd })
  expect([code, err.split('\n')[0]]).toEqual([1, 'enter the code ABCD'])
  expect(err).not.toContain('canary-login-token')
})
