import { bytes } from '../stand-ins.ts';
import type { ProviderCase } from './provider-case.ts';

const FIELDS = {
  EventType: 'dial-in',
  CallID: '02abb9ee685a11ea94bfe17eb6eaecba',
  SubCallID: '193958-02abb9ee685a11ea94bfe17eb6eaecba',
  EventTime: '1714979289000000',
  CallStatus: 'CALLING',
  CallFlow: 'in',
  CallerIDNum: '79990001122',
  CalledExtension: '453*101@sipproxy.telphin.ru',
  CalledDID: '74950000000',
};

/** Telphin signs nothing: the address is all there is. */
export const telphinCase: ProviderCase = {
  settings: { provider: 'telphin' },
  genuine: () => ({
    method: 'POST',
    url: '/in/telephony/k3y',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: bytes(new URLSearchParams(FIELDS).toString()),
  }),
  tamperings: {},
};
