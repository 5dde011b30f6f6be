import { expect, it } from 'vitest'
import { kubeconfigOfServer } from '../testing/broken-api-server.ts'
import { folderWith } from '../testing/files.ts'
import { useKms } from '../testing/kms.ts'
import { entry, externalSecretYaml, storeYaml } from '../testing/manifests.ts'
import { run } from '../testing/run.ts'

const kms = useKms()

it.each(['{"items":[{"metadata":null},5]}', '{"metadata":null}', '[]', 'null'])(
  'names the request of the response %s',
  async (body) => {
    const kubeconfig = await kubeconfigOfServer((response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(body),
    )
    const web = externalSecretYaml('web', { data: [entry('app/token', 'token')] })
    const cwd = await folderWith({ kubeconfig, 'in/store.yaml': storeYaml(), 'in/web.yaml': web })
    const { code, out, err } = await run(
      ['diff', '-f', 'in', '--kubeconfig', 'kubeconfig', '--timeout', '20s', ...kms.flags],
      { cwd },
    )
    expect([code, out]).toEqual([2, '1 of 1 ExternalSecret failed\n'])
    expect(err).toContain(
      'ExternalSecret default/web in the cluster: get externalsecrets default/web: the response is not the requested object',
    )
  },
)
