import { SaxesParser } from 'saxes'
import { ApiError } from '../gateway/api-error.ts'
import type { QueueMessage } from './queue.ts'

const NAMESPACE = 'xmlns="http://mns.aliyuncs.com/doc/v1/"'
const MAX_ELEMENTS = 200

type Fields = ReadonlyArray<readonly [name: string, value: string | number | undefined]>

function escapeXml(text: string): string {
  const escaped: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' }
  return text.replaceAll(/[&<>\r]/g, (character) => escaped[character] ?? character)
}

/** One element with simple fields; undefined ones are omitted. */
export function xmlElement(name: string, fields: Fields, attributes = ''): string {
  const inner = fields.flatMap(([field, value]) =>
    value === undefined ? [] : [`<${field}>${escapeXml(String(value))}</${field}>`],
  )
  return `<${name}${attributes}>${inner.join('')}</${name}>`
}

/** A document with one root. */
export function xmlDocument(root: string, inner: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} ${NAMESPACE}>${inner}</${root}>`
}

/** A document whose root has only simple fields. */
export function xmlFields(root: string, fields: Fields): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xmlElement(root, fields, ` ${NAMESPACE}`)}`
}

/** The fields of a received message, in the order of the service. */
export function messageFields(message: QueueMessage): Fields {
  return [
    ['MessageId', message.id],
    ['ReceiptHandle', message.receiptHandle],
    ['MessageBody', message.body],
    ['MessageBodyMD5', message.bodyMd5],
    ['EnqueueTime', message.enqueuedAtMs],
    ['NextVisibleTime', message.receiptHandle === undefined ? undefined : message.visibleAtMs],
    ['FirstDequeueTime', message.firstDequeuedAtMs],
    ['DequeueCount', message.dequeueCount],
    ['Priority', message.priority],
  ]
}

/** The texts of the leaf elements of a request body, by path: `ReceiptHandles/ReceiptHandle`. @throws ApiError `MalformedXML` */
export function parseRequestXml(body: Uint8Array): ReadonlyArray<readonly [path: string, text: string]> {
  const leaves: Array<readonly [string, string]> = []
  const path: string[] = []
  let text = ''
  let elements = 0
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('doctype', () => {
    throw new Error('a document type')
  })
  parser.on('opentag', ({ name }) => {
    elements += 1
    if (elements > MAX_ELEMENTS) throw new Error('too many elements')
    path.push(name)
    text = ''
  })
  parser.on('text', (part) => {
    text += part
  })
  parser.on('cdata', (part) => {
    text += part
  })
  parser.on('closetag', ({ name }) => {
    leaves.push([path.join('/'), text])
    if (path.pop() !== name) throw new Error('not well nested')
    text = ''
  })
  try {
    parser.write(new TextDecoder('utf-8', { fatal: true }).decode(body)).close()
  } catch {
    throw new ApiError(400, 'MalformedXML', 'The XML you provided was not well-formed.')
  }
  return leaves
}
