export default (): never => {
  throw new Error('PROVIDER_KEY is not set.')
}
