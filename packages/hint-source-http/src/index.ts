export { type BindAddress, HttpHintSource, type HttpHintSourceOptions, type RequestResult } from './http-hint-source.ts'
