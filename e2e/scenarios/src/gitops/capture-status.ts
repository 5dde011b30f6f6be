import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { CUSTOMIZATIONS } from '@ack-secret-manager/chart/programs/argo-lua'
import { stringify } from 'yaml'
import type { LiveResource } from './kstatus.ts'

/** A resource with the health that Argo CD shows. */
export interface Captured {
  readonly file: string
  readonly object: LiveResource
  readonly health: { readonly status: string; readonly message: string }
}

/** Writes the test data of `health.lua` in the layout of Argo CD's repository, without what differs from run to run. */
export async function captureStatuses(captured: readonly Captured[], namespace: string): Promise<void> {
  const kinds = new Set(captured.map(({ object }) => object.kind))
  for (const kind of kinds) {
    const folder = path.join(CUSTOMIZATIONS, kind)
    const ofKind = captured.filter(({ object }) => object.kind === kind)
    await mkdir(path.join(folder, 'testdata'), { recursive: true })
    for (const { file, object } of ofKind) {
      await writeFile(path.join(folder, 'testdata', `${file}.yaml`), stable(object, namespace))
    }
    const tests = ofKind.map(({ file, health: { status, message } }) => ({
      healthStatus: { status, message },
      inputPath: `testdata/${file}.yaml`,
    }))
    await writeFile(
      path.join(folder, 'health_test.yaml'),
      withStableNames(stringify({ tests }, { lineWidth: 0 }), namespace),
    )
  }
}

function stable({ metadata, ...object }: LiveResource, namespace: string): string {
  const kept = Object.entries(metadata).filter(([key]) =>
    ['name', 'namespace', 'generation', 'annotations'].includes(key),
  )
  const text = stringify({ ...object, metadata: Object.fromEntries(kept) }, { lineWidth: 0, sortMapEntries: true })
  return withStableNames(text, namespace)
}

function withStableNames(text: string, namespace: string): string {
  return text
    .replaceAll(namespace, 'shop')
    .replaceAll(/acksm-(\d+)-[\w-]{16}/g, 'acksm-$1-kbqy3ffbJ8XpmVsz')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'kms.cn-hangzhou.aliyuncs.com')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '2026-01-02T03:04:05Z')
}
