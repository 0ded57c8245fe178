/** The least that an endpoint of a channel needs, by channel id; absent where every setting has a default. */
export const exampleSettings: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  email: { address: 'sales@example.com', inboundSecret: 'example-inbound-secret' },
  telephony: { provider: 'webhook', webhookSecret: 'example-signing-secret' },
  telegram: { botToken: '123456789:AAE-example_token-of-nobody-000001' },
  'whatsapp-cloud': {
    phoneNumberId: '100200300400500',
    accessToken: 'EAAexample0123456789',
    appSecret: 'a1b2c3d4e5f60718293a4b5c6d7e8f90',
    verifyToken: 'verify-me-0001',
  },
};
