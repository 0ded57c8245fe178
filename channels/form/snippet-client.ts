// @ts-nocheck This is the text of a browser script (see snippet.ts): plain JavaScript; the server has no DOM types.

/**
 * What runs on somebody else's page. Each method's source is sent as it stands, so none may refer to anything outside
 * `this` and the browser. `this.c` is the configuration that snippet.ts writes.
 */
export const client = {
  boot(config) {
    const script = document.currentScript;
    this.c = config;
    this.keeps = !script?.hasAttribute('data-no-storage');
    this.visit = this.remember();
    const ready = () => {
      if (script?.hasAttribute('data-form')) this.draw(script);
      for (const form of document.querySelectorAll('form')) if (this.isOurs(form)) this.prepare(form);
    };
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', ready);
    else ready();
    // On the document, so that forms which the page adds later are served too, after the page's own checks.
    document.addEventListener('focusin', (event) => {
      const form = event.target.form;
      if (form && this.isOurs(form)) this.prepare(form).solve?.();
    });
    document.addEventListener('submit', (event) => {
      const form = event.target;
      if (event.defaultPrevented || !this.isOurs(form)) return;
      event.preventDefault();
      this.prepare(form);
      void this.submit(form, event.submitter);
    });
    this.start = fetch(`${config.address}?start`)
      .then((answer) => answer.json())
      .then((answer) => answer.token)
      .catch(() => undefined);
  },

  isOurs(form) {
    const mark = form.getAttribute('data-inlet');
    if (mark) return mark === this.c.key || mark === this.c.address;
    const action = form.getAttribute('action');
    if (action === null) return mark !== null;
    return new URL(action, document.baseURI).href.split('?')[0] === this.c.address;
  },

  say(form, key) {
    const language = form.closest('[lang]')?.lang.slice(0, 2);
    return (this.c.words[language] || this.c.words[this.c.language])[key];
  },

  make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const name in attributes) if (attributes[name] !== false) element.setAttribute(name, attributes[name]);
    element.append(...children);
    return element;
  },

  // First touch for 90 days, this visit for as long as the tab lives. A new tag or an outer referrer is a new visit.
  remember() {
    const now = { at: new Date().toISOString(), page: location.href, landing: location.href };
    const outer = document.referrer && new URL(document.referrer).host !== location.host;
    if (outer) now.referrer = document.referrer;
    let tagged = outer;
    for (const [name, value] of new URLSearchParams(location.search))
      if (this.c.tags.includes(name)) {
        now[name] = value;
        tagged = true;
      }
    const keep = (store, key, stale) => {
      try {
        const kept = JSON.parse(store().getItem(key));
        if (kept && !stale(kept)) return kept;
        store().setItem(key, JSON.stringify(now));
      } catch {}
      return now;
    };
    if (!this.keeps) return { now, first: undefined };
    const first = keep(
      () => localStorage,
      'inlet-first',
      (kept) => !(Date.now() - Date.parse(kept.at) < 7776e6),
    );
    const last = keep(
      () => sessionStorage,
      'inlet-visit',
      () => tagged,
    );
    return { now: last, first };
  },

  draw(script) {
    const form = this.make('form', { class: 'inlet-form', 'data-inlet': this.c.key, 'data-inlet-drawn': '' });
    script.after(form);
    const language = this.say(form, 'send') === this.c.words.ru.send ? 'ru' : 'en';
    const types = { phone: 'tel', email: 'email', file: 'file' };
    for (const field of this.c.fields[language] || this.c.fields.en) {
      const id = `inlet-${this.c.key}-${field.name}`;
      const own = { id, name: field.name, required: field.required ? '' : false };
      const filled = { name: 'name', phone: 'tel', email: 'email' }[field.kind];
      if (filled) own.autocomplete = filled;
      if (field.kind === 'file') Object.assign(own, { accept: this.c.accept, multiple: this.c.multiple ? '' : false });
      if (field.kind !== 'message') own.type = types[field.kind] || 'text';
      const note = field.optional ? ` (${this.say(form, 'optional')})` : '';
      const input = this.make(field.kind === 'message' ? 'textarea' : 'input', own);
      form.append(this.make('p', {}, this.make('label', { for: id }, field.label + note), input));
    }
    if (this.c.consent) {
      const id = `inlet-${this.c.key}-consent`;
      const required = this.c.consentRequired ? '' : false;
      const box = this.make('input', { id, type: 'checkbox', name: 'consent', value: 'yes', required });
      form.append(this.make('p', {}, box, this.make('label', { for: id }, this.c.consent)));
    }
    form.append(
      this.make('input', { type: 'hidden', name: '_form', value: '1' }),
      this.make('button', { type: 'submit' }, this.say(form, 'send')),
    );
  },

  // Once for each form: where it posts without us, the trap, the captcha's box, the place for news.
  prepare(form) {
    if (form.inlet) return form.inlet;
    const state = { key: this.randomKey() };
    form.inlet = state;
    form.setAttribute('action', this.c.address);
    form.setAttribute('method', 'post');
    if (form.querySelector('[type=file]')) form.setAttribute('enctype', 'multipart/form-data');
    if (!form.querySelector(`[name="${this.c.trap}"]`)) {
      const input = this.make('input', { name: this.c.trap, tabindex: '-1', autocomplete: 'off' });
      const trap = this.make('div', { 'aria-hidden': 'true' }, this.make('label', {}, this.say(form, 'trap'), input));
      Object.assign(trap.style, { position: 'absolute', left: '-9999px' });
      form.append(trap);
    }
    const button = form.querySelector('[type=submit],button:not([type])');
    if (this.c.widget) this.addWidget(form, button);
    state.status = form.querySelector('[data-inlet-status]');
    if (!state.status) {
      state.status = this.make('p', { role: 'status', 'aria-live': 'polite', 'data-inlet-status': '' });
      form.append(state.status);
    }
    // While the visitor types, the proof of work is done; it is bound to the key that the form will be sent with.
    if (this.c.altcha)
      state.solve = () => {
        state.work ??= this.solve(state.key).catch(() => undefined);
        return state.work;
      };
    return state;
  },

  addWidget(form, button) {
    const { widget, siteKey, scored } = this.c;
    const api = window[widget.global];
    const box = this.make('div', { class: widget.box, 'data-sitekey': siteKey });
    if (!scored) {
      if (button) button.before(box);
      else form.append(box);
      if (api?.render) api.render(box, { sitekey: siteKey });
    }
    if (api || this.loads) return;
    this.loads = true;
    document.head.append(
      this.make('script', { src: widget.script + (scored ? `?render=${siteKey}` : ''), async: '', defer: '' }),
    );
  },

  randomKey() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
      '',
    );
  },

  // ALTCHA v2, PBKDF2/SHA-256. The browser derives keys on its own threads, eight at a time: the page stays alive.
  async solve(key) {
    const challenge = await (await fetch(`${this.c.address}?challenge&for=${key}`)).json();
    const p = challenge.parameters;
    const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16));
    const nonce = bytes(p.nonce);
    const derive = async (counter) => {
      const password = new Uint8Array(nonce.length + 4);
      password.set(nonce);
      new DataView(password.buffer).setUint32(nonce.length, counter);
      const base = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
      const how = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes(p.salt), iterations: p.cost };
      const bits = await crypto.subtle.deriveBits(how, base, p.keyLength * 8);
      return Array.from(new Uint8Array(bits), (byte) => byte.toString(16).padStart(2, '0')).join('');
    };
    const began = Date.now();
    for (let at = 0; at < 1e5; at += 8) {
      const keys = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((step) => derive(at + step)));
      const hit = keys.findIndex((found) => found.startsWith(p.keyPrefix));
      if (hit < 0) continue;
      const solution = { counter: at + hit, derivedKey: keys[hit], time: Date.now() - began };
      return { until: p.expiresAt * 1000, token: btoa(JSON.stringify({ challenge, solution })) };
    }
  },

  async submit(form, submitter) {
    const state = form.inlet;
    if (state.busy) return;
    state.busy = true;
    submitter?.setAttribute('aria-disabled', 'true');
    this.clear(form);
    state.status.textContent = this.say(form, 'sending');
    try {
      const data = await this.collect(form, submitter);
      const answer = await this.send(form, data);
      if (answer.ok) this.finish(form);
      else this.complain(form, answer.status, await answer.json().catch(() => ({})));
    } catch {
      state.status.textContent = this.say(form, 'failed');
      state.status.className = 'inlet-error';
    }
    state.busy = false;
    submitter?.removeAttribute('aria-disabled');
  },

  async collect(form, submitter) {
    const state = form.inlet;
    const data = new FormData(form);
    if (submitter?.name) data.append(submitter.name, submitter.value);
    // The same content keeps its key over every retry; corrected content is a new request.
    const sum = JSON.stringify(
      [...data]
        .filter(([name]) => !/captcha-|turnstile-|^smart-|^_start|^_idem/.test(name))
        .map(([name, value]) => [name, value.name || value, value.size]),
    );
    if (state.sum !== undefined && state.sum !== sum) {
      state.key = this.randomKey();
      state.work = undefined;
    }
    state.sum = sum;
    const extra = { _page: location.href, _referrer: this.visit.now.referrer, _landing: this.visit.now.landing };
    for (const name in this.visit.now)
      if (!/^(at|page|referrer|landing)$/.test(name)) extra[name] = this.visit.now[name];
    if (this.visit.first) extra._first = JSON.stringify(this.visit.first);
    extra._lang = form.closest('[lang]')?.lang;
    const token = data.get('_start') || (await this.start);
    if (token) data.set('_start', token);
    for (const name in extra) if (extra[name] && !data.get(name)) data.set(name, extra[name]);
    if (state.solve) {
      let work = await state.solve();
      if (!work || work.until < Date.now() + 6e4) {
        state.work = undefined;
        work = await state.solve();
      }
      if (work) data.set('altcha', work.token);
    }
    if (this.c.scored) {
      const api = window.grecaptcha;
      await new Promise((done) => api.ready(done));
      data.set('g-recaptcha-response', await api.execute(this.c.siteKey, { action: 'lead' }));
    }
    return data;
  },

  // Up to five tries. The key makes a repeat harmless, so trying again after a lost answer is always right.
  async send(form, data) {
    const state = form.inlet;
    const headers = { accept: 'application/json', 'idempotency-key': state.key };
    let body = data;
    if (![...data.values()].some((value) => value instanceof File && value.size > 0)) {
      const plain = {};
      for (const name of new Set(data.keys())) {
        const values = data.getAll(name).filter((value) => typeof value === 'string');
        if (values.length > 0) plain[name] = values.length === 1 ? values[0] : values;
      }
      body = JSON.stringify(plain);
      headers['content-type'] = 'application/json';
    }
    for (let attempt = 0; ; attempt += 1) {
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), 60_000);
      let wait = 1000 * 2 ** attempt;
      try {
        const answer = await fetch(this.c.address, { method: 'POST', headers, body, signal: stop.signal });
        if (attempt === 4 || ![429, 502, 503, 504].includes(answer.status)) return answer;
        wait = Math.min(30, Number(answer.headers.get('retry-after')) || wait / 1000) * 1000;
      } catch (error) {
        if (attempt === 4) throw error;
      } finally {
        clearTimeout(timer);
      }
      state.status.textContent = this.say(form, 'retrying');
      await new Promise((done) => setTimeout(done, wait));
    }
  },

  clear(form) {
    form.inlet.status.className = '';
    for (const note of form.querySelectorAll('[data-inlet-error]')) {
      const field = form.querySelector(`[aria-describedby="${note.id}"]`);
      field?.removeAttribute('aria-describedby');
      field?.removeAttribute('aria-invalid');
      note.remove();
    }
  },

  // 4xx: each named field gets its own words, and the first of them the focus.
  complain(form, status, problem) {
    const state = form.inlet;
    let first = null;
    Object.entries(problem.fields || {}).forEach(([name, text], index) => {
      const field = form.querySelector(`[name="${CSS.escape(name)}"]`);
      if (!field) return;
      const id = `inlet-error-${this.c.key}-${index}`;
      field.setAttribute('aria-invalid', 'true');
      field.setAttribute('aria-describedby', id);
      field.after(this.make('span', { id, class: 'inlet-error', 'data-inlet-error': '' }, text));
      first ||= field;
    });
    state.status.className = 'inlet-error';
    state.status.textContent = first
      ? this.say(form, 'checkFields')
      : (status < 500 && problem.detail) || this.say(form, 'failed');
    first?.focus();
    // A captcha token is good for one try.
    state.work = undefined;
    if (this.c.widget && !this.c.scored) window[this.c.widget.global]?.reset?.();
  },

  finish(form) {
    const state = form.inlet;
    form.dispatchEvent(new CustomEvent('inlet:sent', { bubbles: true, detail: { key: state.key } }));
    const wanted = form.querySelector('[name=_redirect]')?.value;
    const allowed = [...this.c.redirects, this.c.thankYou].filter((url) => {
      if (!url || !URL.canParse(wanted)) return false;
      const [base, target] = [new URL(url), new URL(wanted)];
      const under = target.pathname.startsWith(base.pathname.replace(/\/?$/, '/'));
      return base.origin === target.origin && (base.href === target.href || (!base.search && under));
    });
    const next = allowed.length > 0 ? wanted : this.c.thankYou;
    if (next) location.assign(next);
    else if (form.hasAttribute('data-inlet-drawn') || location.href.split(/[?#]/)[0] === this.c.address)
      form.replaceChildren(state.status);
    else form.reset();
    state.status.textContent = this.say(form, 'thanks');
    state.status.tabIndex = -1;
    state.status.focus();
    state.key = this.randomKey();
    state.sum = undefined;
    state.work = undefined;
  },
};
