/**
 * Three days at a maker of windows, in the order of receipt. Nobody here exists: +7 999 000 and 555-01 numbers and
 * example.com belong to nobody.
 */

export interface Step {
  readonly by: 'anna' | 'boris' | 'clara';
  readonly stage?: 'in_progress' | 'proposal' | 'agreed' | 'won' | 'lost';
  readonly reason?: string;
  readonly note?: string;
}

export interface Script {
  readonly to: 'site' | 'landing' | 'tilda';
  readonly language: 'ru' | 'en';
  readonly name: string;
  readonly phone?: string;
  readonly email?: string;
  readonly message?: string;
  /** Where the visitor came from; absent: typed the address. */
  readonly from?: Campaign;
  /** Other answers of the form. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly file?: 'photo' | 'plan';
  /** A machine filled in the field that people do not see. */
  readonly machine?: true;
  /** Sent along as Idempotency-Key. */
  readonly key?: string;
  /** Claims the lead, and does the rest if given. */
  readonly next?: Step;
}

export type Campaign = 'yandex' | 'vk' | 'google' | 'premium' | 'mail';

const ru = (to: Script['to'], name: string, phone: string, message: string, more: Partial<Script> = {}): Script => ({
  to,
  language: 'ru',
  name,
  phone,
  message,
  ...more,
});

const en = (to: Script['to'], name: string, email: string, message: string, more: Partial<Script> = {}): Script => ({
  to,
  language: 'en',
  name,
  email,
  message,
  ...more,
});

const firstDay: readonly Script[] = [
  ru('site', 'Елена Воронцова', '+7 999 000-10-01', 'Нужно заменить три окна в квартире, дом кирпичный, 4 этаж.', {
    from: 'yandex',
    next: { by: 'anna', stage: 'won', note: 'Замер в субботу прошёл хорошо, договор подписан.' },
  }),
  ru('landing', 'Игорь', '8 999 000 10 02', 'Сколько стоит окно 1300×1400 с установкой?', {
    from: 'vk',
    next: { by: 'boris', stage: 'proposal', note: 'Отправил расчёт на двухкамерный и трёхкамерный пакет.' },
  }),
  en('site', 'Martin Cole', 'martin.cole@example.com', 'We are renovating an office of 12 rooms. Do you do offices?', {
    phone: '+1 202 555 0141',
    from: 'google',
    next: { by: 'clara', stage: 'in_progress', note: 'Asks for references of offices. Call back on Thursday.' },
  }),
  ru('tilda', 'Ольга Тихонова', '+79990001003', 'Балкон под ключ, нужна консультация', {
    from: 'yandex',
    fields: { Город: 'Подольск' },
    next: { by: 'anna', stage: 'lost', reason: 'Далеко, не возим' },
  }),
  ru('landing', 'Андрей Мельников', '+7 (999) 000-10-04', 'Дует из окна, можно отремонтировать?', { file: 'photo' }),
  ru('site', 'SEO Pro', '+7 999 000-66-01', 'Выведем ваш сайт в топ за 3 дня, гарантия!!!', { machine: true }),
  ru('tilda', 'Нина', '+7 999 000 10 05', 'Перезвоните после 18:00', { next: { by: 'boris', stage: 'in_progress' } }),
  ru('site', 'Сергей Кравцов', '+7 999 000 10 06', 'Дом 180 м², 14 окон и две двери. План приложил.', {
    from: 'premium',
    file: 'plan',
    next: { by: 'anna', stage: 'agreed', note: 'Выезд инженера согласован, клиент просит ламинацию под дуб.' },
  }),
  en('landing', 'Sophie Laurent', 'sophie.laurent@example.com', 'Do you ship to France?', { from: 'google' }),
  ru('site', 'Марина', '+7 999 000 10 07', 'Хочу москитные сетки на 5 окон', {
    next: { by: 'clara', stage: 'won' },
  }),
  ru('landing', 'Павел Юрьевич', '89990001008', 'Нужны окна в новостройку, 2 комнаты и кухня', {
    from: 'vk',
    fields: { 'Тип дома': 'Монолит', Этаж: '11' },
  }),
  ru('tilda', 'Алексей', '+7 999 000 10 09', 'Какие сроки изготовления?', {
    from: 'mail',
    next: { by: 'boris', stage: 'lost', reason: 'Выбрал других' },
  }),
];

const secondDay: readonly Script[] = [
  ru('site', 'Татьяна Гусева', '+7 999 000 10 10', 'Разбился стеклопакет, нужна срочная замена.', {
    file: 'photo',
    next: { by: 'clara', stage: 'agreed', note: 'Мастер едет сегодня до 16:00.' },
  }),
  ru('landing', 'Игорь', '+7 999 000 10 02', 'Добрый день, ещё нужна балконная дверь к тому заказу.'),
  en('site', 'Daniel Reed', 'daniel.reed@example.com', 'Villa with panoramic glazing, about 60 m² of glass.', {
    phone: '+1 202 555 0177',
    from: 'premium',
    file: 'plan',
    next: { by: 'anna', stage: 'proposal', note: 'Sent the offer for aluminium and for wood.' },
  }),
  ru('tilda', 'Виктория Лаптева', '+7 999 000 10 11', 'Остекление лоджии 6 метров', { from: 'yandex' }),
  ru('landing', 'Дмитрий', '+7 999 000 10 12', 'Можно в рассрочку?', { from: 'vk', next: { by: 'boris' } }),
  ru('site', 'Crypto', '+7 999 000-66-02', 'Заработок от 5000 в день без вложений', { machine: true }),
  ru('site', 'Галина Петровна', '+7 999 000 10 13', 'Пластиковые подоконники, 4 штуки по 1,5 м', {
    next: { by: 'clara', stage: 'in_progress' },
  }),
  ru('tilda', 'Роман Белый', '+7 999 000 10 14', 'Коммерческое помещение, витрины 3×2,5 м — 4 шт.', {
    from: 'premium',
    email: 'belyi@example.com',
    fields: { Компания: 'ООО «Пекарня на углу»' },
    next: { by: 'anna', stage: 'in_progress' },
  }),
  en('landing', 'Hannah Weber', 'hannah.weber@example.com', 'How thick is the glass of the quiet series?', {
    from: 'google',
  }),
  ru('landing', 'Кирилл', '+7 999 000 10 15', 'Замерщик завтра может приехать?', {
    from: 'yandex',
    next: { by: 'boris', stage: 'agreed' },
  }),
  ru('site', 'Людмила', '8 (999) 000-10-16', 'Нужен ремонт фурнитуры, ручка прокручивается.'),
  ru('site', 'Заказ с сайта партнёра', '+7 999 000 10 17', 'Окно ПВХ 900×1200, 2 шт.', { key: 'partner-order-17' }),
  ru('site', 'Заказ с сайта партнёра', '+7 999 000 10 18', 'Окно ПВХ 900×1500, 6 шт.', { key: 'partner-order-17' }),
  ru('tilda', 'Артём', '+7 999 000 10 19', 'Хочу тёплые окна в детскую', { from: 'vk' }),
];

const today: readonly Script[] = [
  ru('landing', 'Наталья Рыбина', '+7 999 000 10 20', 'Посчитайте, пожалуйста, по размерам на фото', {
    from: 'yandex',
    file: 'photo',
    next: { by: 'clara', stage: 'proposal' },
  }),
  en('site', 'Oliver Stone', 'oliver.stone@example.com', 'I need a replacement pane, 600 by 900 mm.', {
    next: { by: 'boris', stage: 'in_progress' },
  }),
  ru('site', 'Евгений', '+7 999 000 10 21', 'Окна для дачи, недорогие, 5 штук', { from: 'yandex' }),
  ru('tilda', 'Юлия Фомина', '+7 999 000 10 22', 'Дизайн-проект готов, ищем поставщика окон и дверей', {
    from: 'premium',
    email: 'fomina@example.com',
    file: 'plan',
  }),
  ru('landing', 'Максим', '+7 999 000 10 23', 'Сколько стоит отделка откосов?', { from: 'vk' }),
  ru('site', 'Ставки', '+7 999 000-66-03', 'Лучшие коэффициенты только у нас', { machine: true }),
  ru('tilda', 'Светлана', '+7 999 000 10 24', 'Нужны рулонные шторы на 3 окна', { next: { by: 'clara' } }),
  en('landing', 'Grace Park', 'grace.park@example.com', 'Is there a showroom I could visit this week?', {
    phone: '+1 202 555 0119',
    from: 'google',
  }),
  ru('site', 'Владимир Осипов', '+7 999 000 10 25', 'Промёрзли откосы, кто делал — не помню. Посмотрите?'),
  ru('landing', 'Ксения', '+7 999 000 10 26', 'Хочу окно с форточкой, как раньше. Бывают такие?', { from: 'mail' }),
  ru('tilda', 'Павел Юрьевич', '+7 999 000 10 08', 'Так и не позвонили по окнам в новостройку.', { from: 'vk' }),
  ru('landing', 'Анастасия Ким', '+7 999 000 10 27', 'Панорамное остекление террасы, 8 метров', { from: 'premium' }),
  ru('site', 'Тимур', '+7 999 000 10 28', 'Нужно окно в баню, маленькое, 40×40'),
  // The client of the first day, with her number written another way: asked first is Anna, who knows her.
  ru('site', 'Елена', '8 (999) 000-10-01', 'Это Елена, меняли у вас окна. Теперь нужна входная дверь!'),
];

export const requests: readonly Script[] = [...firstDay, ...secondDay, ...today];
