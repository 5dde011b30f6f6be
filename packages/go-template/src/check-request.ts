import { type RenderRequest, SecretSyncError } from '@ack-secret-manager/core'
import { TEMPLATE_LIMITS } from './limits.ts'
import { plainText } from './plain-text.ts'

/** @throws SecretSyncError `TemplateError` for a request that exceeds a limit, before anything is rendered */
export function checkRequest({ templates, data }: RenderRequest): void {
  const { templates: maxTemplates, templateBytes, dataBytes } = TEMPLATE_LIMITS
  if (templates.length > maxTemplates) {
    throw overLimit(templates[maxTemplates]?.name, `more than ${maxTemplates} templates`)
  }
  let size = 0
  for (const template of templates) {
    size += Buffer.byteLength(plainText(template))
    if (size > templateBytes) throw overLimit(template.name, `the templates are larger than ${templateBytes} bytes`)
  }
  size = 0
  for (const [key, value] of data) size += Buffer.byteLength(key) + value.expose().length
  if (size > dataBytes) throw overLimit(templates[0]?.name, `the template data is larger than ${dataBytes} bytes`)
}

function overLimit(name: string | undefined, what: string): SecretSyncError {
  const field = name ?? 'template'
  return new SecretSyncError('TemplateError', `${field}: ${what}`, { facts: { field } })
}
