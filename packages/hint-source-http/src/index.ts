export {
  type BindAddress,
  type CertificateFetch,
  HttpHintSource,
  type HttpHintSourceOptions,
  type RequestResult,
} from './http-hint-source.ts'
