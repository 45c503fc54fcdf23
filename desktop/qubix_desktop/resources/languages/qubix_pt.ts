<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="pt" sourcelanguage="en">
<context>
    <name>CardsEditor</name>
    <message>
        <source>Looking for graphics cards…</source>
        <translation>Procurando placas de vídeo…</translation>
    </message>
    <message>
        <source>Share {card}</source>
        <translation>Compartilhar {card}</translation>
    </message>
    <message>
        <source>This computer has none that is known.</source>
        <translation>Este computador não tem nenhuma conhecida.</translation>
    </message>
</context>
<context>
    <name>Chart</name>
    <message>
        <source>Nothing is known of it yet.</source>
        <translation>Ainda não se sabe nada.</translation>
    </message>
    <message>
        <source>Now {now}, at least {least}, at most {most}.</source>
        <translation>Agora {now}, no mínimo {least}, no máximo {most}.</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>desconhecido</translation>
    </message>
    <message>
        <source>{name}, the last minutes</source>
        <translation>{name}, últimos minutos</translation>
    </message>
</context>
<context>
    <name>ComputerPage</name>
    <message numerus="yes">
        <source>%Ln core(s)</source>
        <translation>
            <numerusform>%Ln núcleo</numerusform>
            <numerusform>%Ln núcleos</numerusform>
        </translation>
    </message>
    <message>
        <source>Can share</source>
        <translation>Pode compartilhar</translation>
    </message>
    <message>
        <source>Can share after a driver update</source>
        <translation>Pode compartilhar após atualizar o driver</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>Disco</translation>
    </message>
    <message>
        <source>Graphics card</source>
        <translation>Placa de vídeo</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>Deixada de fora</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Procurar de novo</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>Procurando…</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Memória</translation>
    </message>
    <message>
        <source>Nearly full</source>
        <translation>Quase cheio</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Avançar</translation>
    </message>
    <message>
        <source>No card was found that can share. The processor can do the work.</source>
        <translation>Não foi encontrada nenhuma placa que possa compartilhar. O processador pode fazer o trabalho.</translation>
    </message>
    <message>
        <source>Not used</source>
        <translation>Não usado</translation>
    </message>
    <message>
        <source>Not used: given to a virtual machine</source>
        <translation>Não usada: cedida a uma máquina virtual</translation>
    </message>
    <message>
        <source>Not used: integrated</source>
        <translation>Não usada: integrada</translation>
    </message>
    <message>
        <source>Not used: no job knows it yet</source>
        <translation>Não usada: nenhum trabalho a conhece ainda</translation>
    </message>
    <message>
        <source>Not used: virtual</source>
        <translation>Não usada: virtual</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>Processador</translation>
    </message>
    <message>
        <source>This computer</source>
        <translation>Este computador</translation>
    </message>
    <message>
        <source>This computer did not tell.</source>
        <translation>Este computador não informou.</translation>
    </message>
    <message>
        <source>This is what it has. Nothing is sent before you go online.</source>
        <translation>Isto é o que ele tem. Nada é enviado antes de você se conectar.</translation>
    </message>
    <message>
        <source>You choose how much of it on the next page.</source>
        <translation>Na próxima página você escolhe quanto dela.</translation>
    </message>
    <message>
        <source>driver {version}</source>
        <translation>driver {version}</translation>
    </message>
    <message>
        <source>of {size}</source>
        <translation>de {size}</translation>
    </message>
    <message>
        <source>{size} free on the disk</source>
        <translation>{size} livres no disco</translation>
    </message>
    <message>
        <source>{size} of memory</source>
        <translation>{size} de memória</translation>
    </message>
</context>
<context>
    <name>CrashDialog</name>
    <message>
        <source>Close</source>
        <translation>Fechar</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Copiado</translation>
    </message>
    <message>
        <source>Copy for support</source>
        <translation>Copiar para o suporte</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Detalhes</translation>
    </message>
    <message>
        <source>Sharing is not touched by it and goes on. If it happens again, copy this and send it to the people who run the network.</source>
        <translation>O compartilhamento não é afetado e continua. Se acontecer de novo, copie isto e envie a quem administra a rede.</translation>
    </message>
    <message>
        <source>Something unexpected went wrong in this window</source>
        <translation>Algo inesperado deu errado nesta janela</translation>
    </message>
</context>
<context>
    <name>Details</name>
    <message>
        <source>Copied</source>
        <translation>Copiado</translation>
    </message>
    <message>
        <source>Copies these lines without secrets</source>
        <translation>Copia estas linhas sem segredos</translation>
    </message>
    <message>
        <source>Copy for support</source>
        <translation>Copiar para o suporte</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Detalhes</translation>
    </message>
    <message>
        <source>Hide details</source>
        <translation>Ocultar detalhes</translation>
    </message>
    <message>
        <source>Show details</source>
        <translation>Mostrar detalhes</translation>
    </message>
</context>
<context>
    <name>DonePage</name>
    <message>
        <source>All done</source>
        <translation>Tudo pronto</translation>
    </message>
    <message>
        <source>Finish</source>
        <translation>Concluir</translation>
    </message>
    <message>
        <source>It shares on {network} from now on.</source>
        <translation>A partir de agora ele compartilha em {network}.</translation>
    </message>
    <message>
        <source>Look for this sign among the small icons at the edge of the screen. There you pause, stop or remove it.</source>
        <translation>Procure este sinal entre os pequenos ícones na borda da tela. Ali você pausa, para ou remove o QUBIX.</translation>
    </message>
    <message>
        <source>Open status</source>
        <translation>Abrir o estado</translation>
    </message>
    <message>
        <source>Open the network&apos;s page</source>
        <translation>Abrir a página da rede</translation>
    </message>
    <message>
        <source>This computer is online as {name}</source>
        <translation>Este computador está conectado como {name}</translation>
    </message>
    <message>
        <source>This desktop shows no small icons: open QUBIX again whenever you want to see, pause or remove it.</source>
        <translation>Esta área de trabalho não mostra ícones pequenos: abra o QUBIX de novo quando quiser vê-lo, pausá-lo ou removê-lo.</translation>
    </message>
    <message>
        <source>this computer</source>
        <translation>este computador</translation>
    </message>
</context>
<context>
    <name>ExistingPage</name>
    <message>
        <source>Change how it shares</source>
        <translation>Mudar como compartilha</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>Mudar…</translation>
    </message>
    <message>
        <source>Checks every step of the setup, mends what is amiss, and starts it again.</source>
        <translation>Verifica cada passo da instalação, conserta o que estiver errado e inicia de novo.</translation>
    </message>
    <message>
        <source>It belongs to {network}.</source>
        <translation>Ele pertence a {network}.</translation>
    </message>
    <message>
        <source>It leaves {network} as soon as the other one has taken it in.</source>
        <translation>Ele sai de {network} assim que a outra o aceitar.</translation>
    </message>
    <message>
        <source>It stops sharing, and the program is taken away.</source>
        <translation>Ele para de compartilhar, e o programa é removido.</translation>
    </message>
    <message>
        <source>Join another network</source>
        <translation>Entrar em outra rede</translation>
    </message>
    <message>
        <source>Join {network} instead</source>
        <translation>Passar para {network}</translation>
    </message>
    <message>
        <source>Join…</source>
        <translation>Entrar…</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Abrir</translation>
    </message>
    <message>
        <source>Remove from this computer</source>
        <translation>Remover deste computador</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Remover…</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>Reparar</translation>
    </message>
    <message>
        <source>When, how much, and which graphics cards. It holds at once.</source>
        <translation>Quando, quanto e quais placas de vídeo. Vale na hora.</translation>
    </message>
    <message>
        <source>This computer shares already</source>
        <translation>Este computador já compartilha</translation>
    </message>
</context>
<context>
    <name>Facts</name>
    <message>
        <source>Address</source>
        <translation>Endereço</translation>
    </message>
    <message>
        <source>Last contact</source>
        <translation>Último contato</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Nome</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Rede</translation>
    </message>
    <message>
        <source>Shared this week</source>
        <translation>Compartilhado na semana</translation>
    </message>
    <message>
        <source>Shared today</source>
        <translation>Compartilhado hoje</translation>
    </message>
    <message>
        <source>This computer</source>
        <translation>Este computador</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>Versão</translation>
    </message>
    <message>
        <source>{time} ago</source>
        <translation>há {time}</translation>
    </message>
</context>
<context>
    <name>HoursEditor</name>
    <message>
        <source>Add other hours</source>
        <translation>Adicionar outros horários</translation>
    </message>
</context>
<context>
    <name>JobsAtWork</name>
    <message>
        <source>No job at the moment.</source>
        <translation>Nenhum trabalho no momento.</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>Agora</translation>
    </message>
</context>
<context>
    <name>LastJobs</name>
    <message>
        <source>Ended</source>
        <translation>Fim</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Tipo</translation>
    </message>
    <message>
        <source>Last jobs</source>
        <translation>Últimos trabalhos</translation>
    </message>
    <message>
        <source>None yet.</source>
        <translation>Nenhum ainda.</translation>
    </message>
    <message>
        <source>Outcome</source>
        <translation>Resultado</translation>
    </message>
    <message>
        <source>Took</source>
        <translation>Duração</translation>
    </message>
</context>
<context>
    <name>LogTab</name>
    <message numerus="yes">
        <source>%Ln line(s)</source>
        <translation>
            <numerusform>%Ln linha</numerusform>
            <numerusform>%Ln linhas</numerusform>
        </translation>
    </message>
    <message>
        <source>All lines</source>
        <translation>Todas as linhas</translation>
    </message>
    <message>
        <source>Copied, without secrets.</source>
        <translation>Copiado, sem segredos.</translation>
    </message>
    <message>
        <source>Copies the state and the log without secrets</source>
        <translation>Copia o estado e o registro sem segredos</translation>
    </message>
    <message>
        <source>Copy for support</source>
        <translation>Copiar para o suporte</translation>
    </message>
    <message>
        <source>Errors only</source>
        <translation>Só erros</translation>
    </message>
    <message>
        <source>Follow</source>
        <translation>Acompanhar</translation>
    </message>
    <message>
        <source>Keeps the newest line in view</source>
        <translation>Mantém à vista a linha mais nova</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Registro</translation>
    </message>
    <message>
        <source>Only lines with…</source>
        <translation>Só linhas com…</translation>
    </message>
    <message>
        <source>Search the log</source>
        <translation>Pesquisar no registro</translation>
    </message>
    <message>
        <source>Warnings and errors</source>
        <translation>Avisos e erros</translation>
    </message>
    <message>
        <source>Which lines</source>
        <translation>Quais linhas</translation>
    </message>
</context>
<context>
    <name>Overview</name>
    <message>
        <source>Overview</source>
        <translation>Visão geral</translation>
    </message>
</context>
<context>
    <name>Rail</name>
    <message>
        <source>Done</source>
        <translation>Pronto</translation>
    </message>
    <message>
        <source>Getting ready</source>
        <translation>Preparando</translation>
    </message>
    <message>
        <source>Going online</source>
        <translation>Conectando</translation>
    </message>
    <message>
        <source>How to share</source>
        <translation>Como compartilhar</translation>
    </message>
    <message>
        <source>Step {number} of {count}</source>
        <translation>Passo {number} de {count}</translation>
    </message>
    <message>
        <source>This computer</source>
        <translation>Este computador</translation>
    </message>
    <message>
        <source>Welcome</source>
        <translation>Boas-vindas</translation>
    </message>
</context>
<context>
    <name>RemovalDialog</name>
    <message>
        <source>Close</source>
        <translation>Fechar</translation>
    </message>
    <message>
        <source>Forget my choices as well</source>
        <translation>Esquecer também as minhas escolhas</translation>
    </message>
    <message>
        <source>It stops sharing, leaves the network, and no longer starts when you sign in.</source>
        <translation>Ele para de compartilhar, sai da rede e não inicia mais com a sessão.</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>Manter</translation>
    </message>
    <message>
        <source>QUBIX could not be removed</source>
        <translation>Não foi possível remover o QUBIX</translation>
    </message>
    <message>
        <source>QUBIX has been removed</source>
        <translation>O QUBIX foi removido</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Remover</translation>
    </message>
    <message>
        <source>Remove QUBIX</source>
        <translation>Remover o QUBIX</translation>
    </message>
    <message>
        <source>Remove QUBIX from this computer?</source>
        <translation>Remover o QUBIX deste computador?</translation>
    </message>
    <message>
        <source>Removing QUBIX</source>
        <translation>Removendo o QUBIX</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Tentar de novo</translation>
    </message>
</context>
<context>
    <name>Setting</name>
    <message>
        <source>Changing…</source>
        <translation>Mudando…</translation>
    </message>
    <message>
        <source>In force now.</source>
        <translation>Já em vigor.</translation>
    </message>
    <message>
        <source>Kept for when sharing starts.</source>
        <translation>Guardado para quando o compartilhamento começar.</translation>
    </message>
</context>
<context>
    <name>SettingsTab</name>
    <message>
        <source> %</source>
        <translation>%</translation>
    </message>
    <message>
        <source> MB</source>
        <translation> MB</translation>
    </message>
    <message>
        <source> min</source>
        <translation> min</translation>
    </message>
    <message>
        <source> °C</source>
        <translation> °C</translation>
    </message>
    <message>
        <source>Also on battery</source>
        <translation>Também na bateria</translation>
    </message>
    <message>
        <source>Also where the connection is paid by use</source>
        <translation>Também quando a conexão é paga pelo uso</translation>
    </message>
    <message>
        <source>As many as fit</source>
        <translation>Quantos couberem</translation>
    </message>
    <message>
        <source>As much as my own programs</source>
        <translation>Tanto quanto os meus programas</translation>
    </message>
    <message>
        <source>Besides</source>
        <translation>Além disso</translation>
    </message>
    <message>
        <source>Graphics cards</source>
        <translation>Placas de vídeo</translation>
    </message>
    <message>
        <source>How much of the processor jobs get</source>
        <translation>Quanto do processador os trabalhos recebem</translation>
    </message>
    <message>
        <source>How much to share</source>
        <translation>Quanto compartilhar</translation>
    </message>
    <message>
        <source>I&apos;m not using it when untouched for</source>
        <translation>Não está em uso se ninguém o toca há</translation>
    </message>
    <message>
        <source>Is given to another computer</source>
        <translation>É passado a outro computador</translation>
    </message>
    <message>
        <source>It then shares without a window, and is in the tray.</source>
        <translation>Então compartilha sem janela e fica na bandeja.</translation>
    </message>
    <message>
        <source>Jobs at once</source>
        <translation>Trabalhos ao mesmo tempo</translation>
    </message>
    <message>
        <source>Keep awake while a job is at work</source>
        <translation>Manter acordado durante um trabalho</translation>
    </message>
    <message>
        <source>Less than my own programs</source>
        <translation>Menos que os meus programas</translation>
    </message>
    <message>
        <source>Let jobs in containers use the internet</source>
        <translation>Deixar trabalhos em contêineres usar a internet</translation>
    </message>
    <message>
        <source>Most memory for one job</source>
        <translation>Máximo de memória para um trabalho</translation>
    </message>
    <message>
        <source>Most of the processor for all jobs together</source>
        <translation>Máximo do processador para todos os trabalhos</translation>
    </message>
    <message>
        <source>Name of this computer</source>
        <translation>Nome deste computador</translation>
    </message>
    <message>
        <source>Never</source>
        <translation>Nunca</translation>
    </message>
    <message>
        <source>Never on battery.</source>
        <translation>Nunca na bateria.</translation>
    </message>
    <message>
        <source>Only at these hours</source>
        <translation>Só nestes horários</translation>
    </message>
    <message>
        <source>Only what nothing else wants</source>
        <translation>Só o que sobrar</translation>
    </message>
    <message>
        <source>Only when I&apos;m not using it</source>
        <translation>Só quando não estou usando</translation>
    </message>
    <message>
        <source>Rest while it is hotter than</source>
        <translation>Descansar acima de</translation>
    </message>
    <message>
        <source>Set up again…</source>
        <translation>Instalar de novo…</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Configurações</translation>
    </message>
    <message>
        <source>Share the processor</source>
        <translation>Compartilhar o processador</translation>
    </message>
    <message>
        <source>So that you recognise it on the network&apos;s page.</source>
        <translation>Para você o reconhecer na página da rede.</translation>
    </message>
    <message>
        <source>Stands still for up to ten minutes</source>
        <translation>Fica parado por até dez minutos</translation>
    </message>
    <message>
        <source>Start when I sign in</source>
        <translation>Iniciar com a minha sessão</translation>
    </message>
    <message>
        <source>The processor, or a graphics card that is shared.</source>
        <translation>O processador ou uma placa de vídeo compartilhada.</translation>
    </message>
    <message>
        <source>To repair, to join another network, or to remove it</source>
        <translation>Para reparar, entrar em outra rede ou removê-lo</translation>
    </message>
    <message>
        <source>When a pause begins, a job at work</source>
        <translation>Quando começa uma pausa, um trabalho em andamento</translation>
    </message>
    <message>
        <source>When to share</source>
        <translation>Quando compartilhar</translation>
    </message>
    <message>
        <source>Without it, only graphics cards are shared.</source>
        <translation>Sem ele, só as placas de vídeo são compartilhadas.</translation>
    </message>
</context>
<context>
    <name>SharingForm</name>
    <message numerus="yes">
        <source>%Ln minute(s)</source>
        <translation>
            <numerusform>%Ln minuto</numerusform>
            <numerusform>%Ln minutos</numerusform>
        </translation>
    </message>
    <message>
        <source>&amp;Name of this computer</source>
        <translation>&amp;Nome deste computador</translation>
    </message>
    <message>
        <source>&amp;Start when I sign in</source>
        <translation>&amp;Iniciar com a minha sessão</translation>
    </message>
    <message>
        <source>Always</source>
        <translation>Sempre</translation>
    </message>
    <message>
        <source>Between these hours</source>
        <translation>Entre estes horários</translation>
    </message>
    <message>
        <source>Between these hours, when I&apos;m away</source>
        <translation>Entre estes horários, quando não estou</translation>
    </message>
    <message>
        <source>How long nobody has touched it</source>
        <translation>Tempo sem ninguém mexer nele</translation>
    </message>
    <message>
        <source>How much it gives</source>
        <translation>Quanto ele oferece</translation>
    </message>
    <message>
        <source>It is what this computer shares: no graphics card does.</source>
        <translation>É o que este computador compartilha: nenhuma placa de vídeo o faz.</translation>
    </message>
    <message>
        <source>It then shares without a window, and is in the tray.</source>
        <translation>Então compartilha sem janela e fica na bandeja.</translation>
    </message>
    <message>
        <source>Most &amp;memory for one job</source>
        <translation>Máximo de &amp;memória para um trabalho</translation>
    </message>
    <message>
        <source>Most of the processor</source>
        <translation>Máximo do processador</translation>
    </message>
    <message>
        <source>Name of this computer</source>
        <translation>Nome deste computador</translation>
    </message>
    <message>
        <source>Never</source>
        <translation>Nunca</translation>
    </message>
    <message>
        <source>Not on battery</source>
        <translation>Não na bateria</translation>
    </message>
    <message>
        <source>Only between certain hours</source>
        <translation>Só entre certos horários</translation>
    </message>
    <message>
        <source>Only when I&apos;m not using it</source>
        <translation>Só quando não o estou usando</translation>
    </message>
    <message>
        <source>Share the &amp;processor</source>
        <translation>Compartilhar o &amp;processador</translation>
    </message>
    <message>
        <source>So that you recognise it on the network&apos;s page.</source>
        <translation>Para você o reconhecer na página da rede.</translation>
    </message>
    <message>
        <source>Stop when it is hotter than</source>
        <translation>Parar quando passar de</translation>
    </message>
    <message>
        <source>When I&apos;m away</source>
        <translation>Quando não estou</translation>
    </message>
    <message>
        <source>When it shares</source>
        <translation>Quando ele compartilha</translation>
    </message>
    <message>
        <source>Without it, only graphics cards are shared.</source>
        <translation>Sem ele, só as placas de vídeo são compartilhadas.</translation>
    </message>
</context>
<context>
    <name>SharingPage</name>
    <message>
        <source>How to share</source>
        <translation>Como compartilhar</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Avançar</translation>
    </message>
    <message>
        <source>These choices suit most computers. You can change them at any time.</source>
        <translation>Estas escolhas servem à maioria dos computadores. Você pode mudá-las quando quiser.</translation>
    </message>
</context>
<context>
    <name>StatusWindow</name>
    <message>
        <source>For 1 hour</source>
        <translation>Por 1 hora</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Registro</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Mais</translation>
    </message>
    <message>
        <source>Overview</source>
        <translation>Visão geral</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pausar</translation>
    </message>
    <message>
        <source>QUBIX</source>
        <translation>QUBIX</translation>
    </message>
    <message>
        <source>Quit and keep sharing</source>
        <translation>Sair e continuar compartilhando</translation>
    </message>
    <message>
        <source>Quit and stop sharing</source>
        <translation>Sair e parar de compartilhar</translation>
    </message>
    <message>
        <source>Remove from this computer…</source>
        <translation>Remover deste computador…</translation>
    </message>
    <message>
        <source>Restart sharing</source>
        <translation>Reiniciar o compartilhamento</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Retomar</translation>
    </message>
    <message>
        <source>Set up again…</source>
        <translation>Instalar de novo…</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Configurações</translation>
    </message>
    <message>
        <source>Start sharing</source>
        <translation>Começar a compartilhar</translation>
    </message>
    <message>
        <source>This desktop shows no small icons at its edge, so this window is where you control QUBIX. Open QUBIX again to come back here.</source>
        <translation>Esta área de trabalho não mostra ícones pequenos na borda, por isso você controla o QUBIX nesta janela. Abra o QUBIX de novo para voltar aqui.</translation>
    </message>
    <message>
        <source>Until I resume</source>
        <translation>Até eu retomar</translation>
    </message>
    <message>
        <source>Until tomorrow</source>
        <translation>Até amanhã</translation>
    </message>
</context>
<context>
    <name>StepList</name>
    <message>
        <source>Done</source>
        <translation>Pronto</translation>
    </message>
    <message>
        <source>Everything is as it was</source>
        <translation>Tudo está como era</translation>
    </message>
    <message>
        <source>Overall progress</source>
        <translation>Andamento geral</translation>
    </message>
    <message>
        <source>Putting everything back…</source>
        <translation>Desfazendo tudo…</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Parado</translation>
    </message>
    <message>
        <source>Waiting for the download to go on…</source>
        <translation>Esperando o download continuar…</translation>
    </message>
    <message>
        <source>done</source>
        <translation>concluído</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>falhou</translation>
    </message>
    <message>
        <source>running</source>
        <translation>em andamento</translation>
    </message>
    <message>
        <source>taken back</source>
        <translation>desfeito</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>em espera</translation>
    </message>
    <message>
        <source>{amount}, {size}/s</source>
        <translation>{amount}, {size}/s</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} de {total}</translation>
    </message>
</context>
<context>
    <name>StepsPage</name>
    <message>
        <source>Cancel</source>
        <translation>Cancelar</translation>
    </message>
    <message>
        <source>Getting ready</source>
        <translation>Preparando</translation>
    </message>
    <message>
        <source>Going online</source>
        <translation>Conectando</translation>
    </message>
    <message>
        <source>Saving your choices</source>
        <translation>Salvando suas escolhas</translation>
    </message>
    <message>
        <source>They hold at once.</source>
        <translation>Valem na hora.</translation>
    </message>
    <message>
        <source>This computer introduces itself to the network.</source>
        <translation>Este computador se apresenta à rede.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Tentar de novo</translation>
    </message>
    <message>
        <source>Use another code</source>
        <translation>Usar outro código</translation>
    </message>
    <message>
        <source>You can go on using this computer meanwhile.</source>
        <translation>Enquanto isso você pode continuar usando este computador.</translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message>
        <source>Check for updates</source>
        <translation>Verificar atualizações</translation>
    </message>
    <message>
        <source>For 1 hour</source>
        <translation>Por 1 hora</translation>
    </message>
    <message>
        <source>It is version {version} now.</source>
        <translation>Agora é a versão {version}.</translation>
    </message>
    <message>
        <source>It shares as {name}. Here you pause or stop it.</source>
        <translation>Ele compartilha como {name}. Aqui você o pausa ou o para.</translation>
    </message>
    <message>
        <source>Logs</source>
        <translation>Registros</translation>
    </message>
    <message>
        <source>Open status</source>
        <translation>Abrir o estado</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pausar</translation>
    </message>
    <message>
        <source>QUBIX has been updated</source>
        <translation>O QUBIX foi atualizado</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Sair</translation>
    </message>
    <message>
        <source>Quit QUBIX</source>
        <translation>Sair do QUBIX</translation>
    </message>
    <message>
        <source>Quit and keep sharing</source>
        <translation>Sair e continuar compartilhando</translation>
    </message>
    <message>
        <source>Quit and stop sharing</source>
        <translation>Sair e parar de compartilhar</translation>
    </message>
    <message>
        <source>Remove from this computer…</source>
        <translation>Remover deste computador…</translation>
    </message>
    <message>
        <source>Restart sharing</source>
        <translation>Reiniciar o compartilhamento</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Retomar</translation>
    </message>
    <message>
        <source>Set up again…</source>
        <translation>Instalar de novo…</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>Configurações…</translation>
    </message>
    <message>
        <source>Start sharing</source>
        <translation>Começar a compartilhar</translation>
    </message>
    <message>
        <source>This computer is online</source>
        <translation>Este computador está conectado</translation>
    </message>
    <message>
        <source>Until I resume</source>
        <translation>Até eu retomar</translation>
    </message>
    <message>
        <source>Until tomorrow</source>
        <translation>Até amanhã</translation>
    </message>
</context>
<context>
    <name>Updates</name>
    <message>
        <source>QUBIX {own} is up to date.</source>
        <translation>O QUBIX {own} está atualizado.</translation>
    </message>
    <message>
        <source>Version {offered} is there; this computer has {own}. Open {server} and press Share my GPU to get it: your choices stay as they are.</source>
        <translation>A versão {offered} está disponível; este computador tem a {own}. Abra {server} e clique em Share my GPU para obtê-la: suas escolhas continuam como estão.</translation>
    </message>
    <message>
        <source>Version {own} is here, but {worker} is still at work. Quit and stop sharing, then open QUBIX again.</source>
        <translation>A versão {own} está aqui, mas a {worker} ainda está em uso. Saia e pare de compartilhar, depois abra o QUBIX de novo.</translation>
    </message>
</context>
<context>
    <name>Use</name>
    <message>
        <source>Memory</source>
        <translation>Memória</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>Processador</translation>
    </message>
    <message>
        <source>Use of this computer in the last minutes</source>
        <translation>Uso deste computador nos últimos minutos</translation>
    </message>
</context>
<context>
    <name>View</name>
    <message numerus="yes">
        <source>%Ln job(s) are running.</source>
        <translation>
            <numerusform>%Ln trabalho em andamento.</numerusform>
            <numerusform>%Ln trabalhos em andamento.</numerusform>
        </translation>
    </message>
    <message>
        <source>A {kind} job is running.</source>
        <translation>Um trabalho {kind} está em andamento.</translation>
    </message>
    <message>
        <source>Needs attention</source>
        <translation>Precisa de atenção</translation>
    </message>
    <message>
        <source>Not sharing</source>
        <translation>Não está compartilhando</translation>
    </message>
    <message>
        <source>Nothing is shared now.</source>
        <translation>Agora nada é compartilhado.</translation>
    </message>
    <message>
        <source>Offline</source>
        <translation>Desconectado</translation>
    </message>
    <message>
        <source>Offline since {time}.</source>
        <translation>Sem conexão desde {time}.</translation>
    </message>
    <message>
        <source>Online</source>
        <translation>Conectado</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Em pausa</translation>
    </message>
    <message>
        <source>Ready for work on {network}.</source>
        <translation>Pronto para trabalhar em {network}.</translation>
    </message>
    <message>
        <source>Sharing does not answer. Wait a moment; if that lasts, restart it.</source>
        <translation>O compartilhamento não responde. Espere um momento; se persistir, reinicie-o.</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Iniciando…</translation>
    </message>
    <message>
        <source>Trying again in {time}.</source>
        <translation>Nova tentativa em {time}.</translation>
    </message>
    <message>
        <source>Until {time}.</source>
        <translation>Até {time}.</translation>
    </message>
    <message>
        <source>Working</source>
        <translation>Trabalhando</translation>
    </message>
    <message>
        <source>You paused it until {time}.</source>
        <translation>Você pausou até {time}.</translation>
    </message>
    <message>
        <source>You paused it. It goes on when you resume.</source>
        <translation>Você pausou. Continua quando você retomar.</translation>
    </message>
    <message>
        <source>{share} of a {kind} job is done.</source>
        <translation>{share} de um trabalho {kind} está feito.</translation>
    </message>
</context>
<context>
    <name>WelcomePage</name>
    <message>
        <source>Find the network</source>
        <translation>Encontrar a rede</translation>
    </message>
    <message>
        <source>It runs in your own account and needs no administrator.</source>
        <translation>Roda na sua própria conta e não precisa de administrador.</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>Procurando…</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Avançar</translation>
    </message>
    <message>
        <source>One click takes all of it away again.</source>
        <translation>Um clique remove tudo de novo.</translation>
    </message>
    <message>
        <source>Share this computer</source>
        <translation>Compartilhar este computador</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Tentar de novo</translation>
    </message>
    <message>
        <source>While you don&apos;t need it, this computer can work for others. You decide how much, and you can pause or stop at any time.</source>
        <translation>Enquanto você não precisa dele, este computador pode trabalhar para outras pessoas. Você decide quanto, e pode pausar ou parar quando quiser.</translation>
    </message>
    <message>
        <source>Work for others is locked in: it sees none of your files and no network.</source>
        <translation>O trabalho para os outros fica isolado: não vê seus arquivos nem a rede.</translation>
    </message>
</context>
<context>
    <name>Wizard</name>
    <message>
        <source>&amp;Back</source>
        <translation>&amp;Voltar</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Continuar</translation>
    </message>
    <message>
        <source>Set up QUBIX</source>
        <translation>Instalar o QUBIX</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Parar</translation>
    </message>
    <message>
        <source>Stop setting up QUBIX?</source>
        <translation>Parar a instalação do QUBIX?</translation>
    </message>
    <message>
        <source>What was begun is taken back.</source>
        <translation>O que foi começado é desfeito.</translation>
    </message>
</context>
<context>
    <name>WizardPage</name>
    <message>
        <source>Page</source>
        <translation>Página</translation>
    </message>
</context>
<context>
    <name>_Card</name>
    <message>
        <source>Share it</source>
        <translation>Compartilhar</translation>
    </message>
    <message>
        <source>Share {name}</source>
        <translation>Compartilhar {name}</translation>
    </message>
</context>
<context>
    <name>_CardCharts</name>
    <message>
        <source>Memory</source>
        <translation>Memória</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatura</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>Uso</translation>
    </message>
</context>
<context>
    <name>_Form</name>
    <message>
        <source>&amp;Address</source>
        <translation>&amp;Endereço</translation>
    </message>
    <message>
        <source>&amp;Code</source>
        <translation>&amp;Código</translation>
    </message>
    <message>
        <source>A code has eight letters and digits; these are fewer.</source>
        <translation>Um código tem oito letras e algarismos; aqui há menos.</translation>
    </message>
    <message>
        <source>A code has eight letters and digits; these are more.</source>
        <translation>Um código tem oito letras e algarismos; aqui há mais.</translation>
    </message>
    <message>
        <source>A code has no 0, O, 1, I or L: it must be a letter or digit that looks like it.</source>
        <translation>Um código não tem 0, O, 1, I nem L: deve ser uma letra ou algarismo parecido.</translation>
    </message>
    <message>
        <source>A code has only letters and digits.</source>
        <translation>Um código só tem letras e algarismos.</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Endereço</translation>
    </message>
    <message>
        <source>An address has no spaces.</source>
        <translation>Um endereço não tem espaços.</translation>
    </message>
    <message>
        <source>An address looks like compute.example.org.</source>
        <translation>Um endereço é como compute.example.org.</translation>
    </message>
    <message>
        <source>Both stand on the page of the network that you want to join.</source>
        <translation>Ambos estão na página da rede em que você quer entrar.</translation>
    </message>
    <message>
        <source>Code</source>
        <translation>Código</translation>
    </message>
    <message>
        <source>Find the network</source>
        <translation>Encontrar a rede</translation>
    </message>
</context>
<context>
    <name>_Job</name>
    <message>
        <source>A {kind} job, for {time}</source>
        <translation>Um trabalho {kind}, há {time}</translation>
    </message>
    <message>
        <source>A {kind} job, for {time}: {share} done</source>
        <translation>Um trabalho {kind}, há {time}: {share} feito</translation>
    </message>
    <message>
        <source>It stands still while the pause lasts.</source>
        <translation>Fica parado enquanto a pausa durar.</translation>
    </message>
    <message>
        <source>Progress of the job</source>
        <translation>Andamento do trabalho</translation>
    </message>
</context>
<context>
    <name>_JoiningCard</name>
    <message>
        <source>Asking for the network&apos;s name…</source>
        <translation>Perguntando o nome da rede…</translation>
    </message>
    <message>
        <source>Not this one?</source>
        <translation>Não é esta?</translation>
    </message>
    <message>
        <source>The network could not be asked.</source>
        <translation>Não foi possível consultar a rede.</translation>
    </message>
    <message>
        <source>You are joining</source>
        <translation>Você vai entrar em</translation>
    </message>
    <message>
        <source>at {host}</source>
        <translation>em {host}</translation>
    </message>
</context>
<context>
    <name>_Row</name>
    <message>
        <source>From</source>
        <translation>De</translation>
    </message>
    <message>
        <source>Remove these hours</source>
        <translation>Remover este horário</translation>
    </message>
    <message>
        <source>To</source>
        <translation>Às</translation>
    </message>
    <message>
        <source>the next day</source>
        <translation>do dia seguinte</translation>
    </message>
    <message>
        <source>the whole day</source>
        <translation>o dia todo</translation>
    </message>
</context>
<context>
    <name>words</name>
    <message>
        <source>A few seconds left</source>
        <translation>Faltam alguns segundos</translation>
    </message>
    <message numerus="yes">
        <source>About %Ln minute(s) left</source>
        <translation>
            <numerusform>Falta cerca de %Ln minuto</numerusform>
            <numerusform>Faltam cerca de %Ln minutos</numerusform>
        </translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Cancelado</translation>
    </message>
    <message>
        <source>Completed</source>
        <translation>Concluído</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Falhou</translation>
    </message>
    <message>
        <source>Less than a minute left</source>
        <translation>Falta menos de um minuto</translation>
    </message>
    <message>
        <source>tomorrow, {time}</source>
        <translation>amanhã, {time}</translation>
    </message>
    <message>
        <source>{degrees} °C</source>
        <translation>{degrees} °C</translation>
    </message>
    <message>
        <source>{share} %</source>
        <translation>{share}%</translation>
    </message>
    <message>
        <source>{time} h</source>
        <translation>{time} h</translation>
    </message>
    <message>
        <source>{time} min</source>
        <translation>{time} min</translation>
    </message>
    <message>
        <source>{time} s</source>
        <translation>{time} s</translation>
    </message>
</context>
<context>
    <name>worker</name>
    <message>
        <source>A code has eight letters and digits, such as K7QM-2XWD.</source>
        <translation>Um código tem oito letras e algarismos, como K7QM-2XWD.</translation>
    </message>
    <message>
        <source>A file could not be read or written{0}: {1}.</source>
        <translation>Não foi possível ler ou gravar um arquivo{0}: {1}.</translation>
    </message>
    <message>
        <source>A file stands where a folder is needed{0}.</source>
        <translation>Há um arquivo onde deveria haver uma pasta{0}.</translation>
    </message>
    <message>
        <source>A job that this computer has taken on is at work.</source>
        <translation>Um trabalho que este computador aceitou está em andamento.</translation>
    </message>
    <message>
        <source>A library that was fetched is not the one that was expected, so it was not used.</source>
        <translation>Uma biblioteca baixada não é a que se esperava, por isso não foi usada.</translation>
    </message>
    <message>
        <source>AMD&apos;s tool for the card did not answer.</source>
        <translation>A ferramenta da AMD para a placa não respondeu.</translation>
    </message>
    <message>
        <source>An address looks like compute.example.org or https://compute.example.org.</source>
        <translation>Um endereço é como compute.example.org ou https://compute.example.org.</translation>
    </message>
    <message>
        <source>Another setup of QUBIX is under way on this computer{0}.</source>
        <translation>Outra instalação do QUBIX está em andamento neste computador{0}.</translation>
    </message>
    <message>
        <source>Ask the people who run the network to update it; waiting will not mend it.</source>
        <translation>Peça a quem administra a rede que o atualize; esperar não vai resolver.</translation>
    </message>
    <message>
        <source>Ask the people who run this network to allow {host}, or try from another connection.</source>
        <translation>Peça a quem administra esta rede que permita {host}, ou tente por outra conexão.</translation>
    </message>
    <message>
        <source>Check that disk, then try again.</source>
        <translation>Verifique esse disco e tente de novo.</translation>
    </message>
    <message>
        <source>Check that this computer&apos;s date and time are right, then try again.</source>
        <translation>Verifique se a data e a hora deste computador estão certas e tente de novo.</translation>
    </message>
    <message>
        <source>Check that this computer&apos;s date and time are right; if they are, tell the people who run the network.</source>
        <translation>Verifique se a data e a hora deste computador estão certas; se estiverem, avise quem administra a rede.</translation>
    </message>
    <message>
        <source>Check the address and this computer&apos;s connection to the internet, then try again.</source>
        <translation>Verifique o endereço e a conexão deste computador com a internet e tente de novo.</translation>
    </message>
    <message>
        <source>Check the address. If this network asks you to sign in first, as hotels do, open any web page, sign in there, and try again.</source>
        <translation>Verifique o endereço. Se esta rede pede que você entre primeiro, como em hotéis, abra uma página qualquer, entre por lá e tente de novo.</translation>
    </message>
    <message>
        <source>Check the address. If this network asks you to sign in first, do that, and try again.</source>
        <translation>Verifique o endereço. Se esta rede pede que você entre primeiro, faça isso e tente de novo.</translation>
    </message>
    <message>
        <source>Check the address; if it is right, join the network again from its page.</source>
        <translation>Verifique o endereço; se estiver certo, entre de novo na rede pela página dela.</translation>
    </message>
    <message>
        <source>Check the address; if it is right, tell the people who run the network.</source>
        <translation>Verifique o endereço; se estiver certo, avise quem administra a rede.</translation>
    </message>
    <message>
        <source>Check the proxy&apos;s address and password in the system&apos;s settings, then try again.</source>
        <translation>Verifique o endereço e a senha do proxy nas configurações do sistema e tente de novo.</translation>
    </message>
    <message>
        <source>Check the proxy&apos;s address in the system&apos;s settings, then try again.</source>
        <translation>Verifique o endereço do proxy nas configurações do sistema e tente de novo.</translation>
    </message>
    <message>
        <source>Check this computer&apos;s connection to the internet, then try again.</source>
        <translation>Verifique a conexão deste computador com a internet e tente de novo.</translation>
    </message>
    <message>
        <source>Check this computer&apos;s connection to the internet; the server may also be busy.</source>
        <translation>Verifique a conexão deste computador com a internet; o servidor também pode estar ocupado.</translation>
    </message>
    <message>
        <source>Correct it, then try again.</source>
        <translation>Corrija e tente de novo.</translation>
    </message>
    <message>
        <source>Correct that line, or delete the file to start from the defaults.</source>
        <translation>Corrija essa linha ou apague o arquivo para recomeçar com os valores iniciais.</translation>
    </message>
    <message>
        <source>Delete it, then join the network again from its page.</source>
        <translation>Apague-o e entre de novo na rede pela página dela.</translation>
    </message>
    <message>
        <source>Do not go on. Tell the people who run the network, or try from another connection.</source>
        <translation>Não continue. Avise quem administra a rede ou tente por outra conexão.</translation>
    </message>
    <message>
        <source>Free about 200 MB, then try again.</source>
        <translation>Libere cerca de 200 MB e tente de novo.</translation>
    </message>
    <message>
        <source>Free some space, then try again.</source>
        <translation>Libere algum espaço e tente de novo.</translation>
    </message>
    <message>
        <source>Free some space; then it goes on by itself.</source>
        <translation>Libere algum espaço; depois ele continua sozinho.</translation>
    </message>
    <message>
        <source>Give this account the right to write there, then try again.</source>
        <translation>Dê a esta conta permissão para gravar ali e tente de novo.</translation>
    </message>
    <message>
        <source>Going online</source>
        <translation>Conectando</translation>
    </message>
    <message>
        <source>If a company or a school runs this network, ask it to add its certificate authority to this computer. Else do not go on, and try from another connection.</source>
        <translation>Se uma empresa ou escola administra esta rede, peça que instale neste computador a autoridade de certificação dela. Senão, não continue e tente por outra conexão.</translation>
    </message>
    <message>
        <source>Install it (on Debian and Ubuntu: sudo apt-get install python3-venv), then try again.</source>
        <translation>Instale-a (no Debian e no Ubuntu: sudo apt-get install python3-venv) e tente de novo.</translation>
    </message>
    <message>
        <source>Install the current driver for this card, then try again.</source>
        <translation>Instale o driver atual desta placa e tente de novo.</translation>
    </message>
    <message>
        <source>It could not be begun.</source>
        <translation>Não foi possível começar.</translation>
    </message>
    <message>
        <source>It goes on trying. If it lasts, tell the people who run the network; the log says more.</source>
        <translation>Ele continua tentando. Se persistir, avise quem administra a rede; o registro diz mais.</translation>
    </message>
    <message>
        <source>Check this computer&apos;s date and time, then try again. If a company or a school runs this network, tell it that the download is held up.</source>
        <translation>Confira a data e a hora deste computador e tente de novo. Se a rede for de uma empresa ou de uma escola, avise que o download não passa.</translation>
    </message>
    <message>
        <source>A computer that says it is this one has joined already.</source>
        <translation>Já entrou um computador que diz ser este.</translation>
    </message>
    <message>
        <source>Another computer has used this invitation.</source>
        <translation>Outro computador já usou este convite.</translation>
    </message>
    <message>
        <source>Install a Python from 3.11 to 3.14 that was made for this system, then try again; or use the application or the container instead.</source>
        <translation>Instale um Python da versão 3.11 à 3.14 feito para este sistema e tente de novo, ou use o aplicativo ou o contêiner.</translation>
    </message>
    <message>
        <source>It is busy at the moment.</source>
        <translation>Está ocupado no momento.</translation>
    </message>
    <message>
        <source>It is not known which network to join.</source>
        <translation>Não se sabe em qual rede entrar.</translation>
    </message>
    <message>
        <source>It may just be starting; if it lasts, `qubix-worker stop` ends it.</source>
        <translation>Talvez esteja apenas iniciando; se persistir, `qubix-worker stop` o encerra.</translation>
    </message>
    <message>
        <source>Join the network again from its page.</source>
        <translation>Entre de novo na rede pela página dela.</translation>
    </message>
    <message>
        <source>Joining the network</source>
        <translation>Entrando na rede</translation>
    </message>
    <message>
        <source>Leaving the former network</source>
        <translation>Saindo da rede anterior</translation>
    </message>
    <message>
        <source>Leaving the network</source>
        <translation>Saindo da rede</translation>
    </message>
    <message>
        <source>Move that file away, or choose another folder (QUBIX_HOME), then try again.</source>
        <translation>Tire esse arquivo dali ou escolha outra pasta (QUBIX_HOME) e tente de novo.</translation>
    </message>
    <message>
        <source>No computer named {host} could be found.</source>
        <translation>Não foi encontrado nenhum computador chamado {host}.</translation>
    </message>
    <message>
        <source>Nothing needs to be done for a job; if nothing works, join the network again.</source>
        <translation>Por um trabalho não é preciso fazer nada; se nada funcionar, entre de novo na rede.</translation>
    </message>
    <message>
        <source>Nothing needs to be done: the network has given the job to another, or ended it.</source>
        <translation>Não é preciso fazer nada: a rede deu o trabalho a outro computador ou o encerrou.</translation>
    </message>
    <message>
        <source>Nothing needs to be done; it may be made again at any time.</source>
        <translation>Não é preciso fazer nada; pode ser feita de novo a qualquer momento.</translation>
    </message>
    <message>
        <source>Nothing to do.</source>
        <translation>Nada a fazer.</translation>
    </message>
    <message>
        <source>One of the libraries that QUBIX needs is not there for this system and its Python.</source>
        <translation>Uma das bibliotecas de que o programa precisa não existe para este sistema e seu Python.</translation>
    </message>
    <message>
        <source>Open any web page and sign in there as this network asks; then it can go on.</source>
        <translation>Abra uma página qualquer e entre como esta rede pede; depois pode continuar.</translation>
    </message>
    <message>
        <source>Open the network&apos;s page again and press Share my GPU for a new one.</source>
        <translation>Abra de novo a página da rede e clique em Share my GPU para obter outro.</translation>
    </message>
    <message>
        <source>Open the network&apos;s page and press Share my GPU.</source>
        <translation>Abra a página da rede e clique em Share my GPU.</translation>
    </message>
    <message>
        <source>Preparing the software</source>
        <translation>Preparando o programa</translation>
    </message>
    <message>
        <source>Put that file back, or change any setting, which writes it anew: without it, the next start takes the defaults.</source>
        <translation>Devolva esse arquivo ou mude qualquer configuração, o que o grava de novo: sem ele, o próximo início usa os valores iniciais.</translation>
    </message>
    <message>
        <source>Put them into the proxy&apos;s address in the system&apos;s settings, then try again.</source>
        <translation>Coloque-os no endereço do proxy nas configurações do sistema e tente de novo.</translation>
    </message>
    <message>
        <source>QUBIX is already sharing this computer{0}.</source>
        <translation>O QUBIX já está compartilhando este computador{0}.</translation>
    </message>
    <message>
        <source>QUBIX is not running on this computer.</source>
        <translation>O QUBIX não está em execução neste computador.</translation>
    </message>
    <message>
        <source>QUBIX is running on this computer, but cannot be spoken to.</source>
        <translation>O QUBIX está em execução neste computador, mas não responde.</translation>
    </message>
    <message>
        <source>Removing the program</source>
        <translation>Removendo o programa</translation>
    </message>
    <message>
        <source>Restart this computer.</source>
        <translation>Reinicie este computador.</translation>
    </message>
    <message>
        <source>Restart this computer; if it lasts, install the driver anew.</source>
        <translation>Reinicie este computador; se persistir, instale o driver de novo.</translation>
    </message>
    <message>
        <source>Resting outside the hours in which this computer shares.</source>
        <translation>Em repouso, fora do horário em que este computador compartilha.</translation>
    </message>
    <message>
        <source>Resting until {0} has cooled down: it was at {1} °C.</source>
        <translation>Em repouso até {0} esfriar: estava a {1} °C.</translation>
    </message>
    <message>
        <source>Resting while somebody uses this computer.</source>
        <translation>Em repouso enquanto alguém usa este computador.</translation>
    </message>
    <message>
        <source>Resting while the connection is one that is paid by use.</source>
        <translation>Em repouso enquanto a conexão é paga pelo uso.</translation>
    </message>
    <message>
        <source>Resting while this computer runs on battery.</source>
        <translation>Em repouso enquanto este computador usa a bateria.</translation>
    </message>
    <message>
        <source>Resting, since this computer does not tell whether somebody uses it. Sharing also while it is in use can be allowed in the settings.</source>
        <translation>Em repouso, pois este computador não diz se alguém o usa. Nas configurações é possível permitir compartilhar também durante o uso.</translation>
    </message>
    <message>
        <source>Run setup again.</source>
        <translation>Execute a instalação de novo.</translation>
    </message>
    <message>
        <source>Save that file as UTF-8, then try again.</source>
        <translation>Salve esse arquivo como UTF-8 e tente de novo.</translation>
    </message>
    <message>
        <source>Saving your choices</source>
        <translation>Salvando suas escolhas</translation>
    </message>
    <message>
        <source>See that Podman or Docker runs on this computer; then it goes on by itself.</source>
        <translation>Faça com que o Podman ou o Docker rode neste computador; depois ele continua sozinho.</translation>
    </message>
    <message>
        <source>See that this computer reaches the internet; jobs are taken again in a minute.</source>
        <translation>Verifique se este computador alcança a internet; em um minuto os trabalhos voltam a ser aceitos.</translation>
    </message>
    <message>
        <source>See to it that this account can read that file.</source>
        <translation>Faça com que esta conta possa ler esse arquivo.</translation>
    </message>
    <message>
        <source>Set a proxy for the web (HTTP) in the system&apos;s settings, then try again.</source>
        <translation>Defina um proxy para a web (HTTP) nas configurações do sistema e tente de novo.</translation>
    </message>
    <message>
        <source>Something else has changed who this computer is while it joined.</source>
        <translation>Outra coisa mudou a identidade deste computador enquanto ele entrava na rede.</translation>
    </message>
    <message>
        <source>Something unexpected went wrong ({0}: {1}{2}).</source>
        <translation>Algo inesperado deu errado ({0}: {1}{2}).</translation>
    </message>
    <message>
        <source>Start it with `qubix-worker run`, or from the application.</source>
        <translation>Inicie-o com `qubix-worker run` ou pelo aplicativo.</translation>
    </message>
    <message>
        <source>Starting at sign-in</source>
        <translation>Iniciar com a sessão</translation>
    </message>
    <message>
        <source>Starting to share</source>
        <translation>Começando a compartilhar</translation>
    </message>
    <message>
        <source>Stop it with `qubix-worker stop`, then start it again: that makes a new one.</source>
        <translation>Pare-o com `qubix-worker stop` e inicie-o de novo: isso cria outra.</translation>
    </message>
    <message>
        <source>Stop it, then start it again.</source>
        <translation>Pare-o e inicie-o de novo.</translation>
    </message>
    <message>
        <source>Stopping to share</source>
        <translation>Parando de compartilhar</translation>
    </message>
    <message>
        <source>Successfully installed</source>
        <translation>Instalado com êxito</translation>
    </message>
    <message>
        <source>Tell the people who run the network. The result is kept in the folder spool/refused.</source>
        <translation>Avise quem administra a rede. O resultado fica guardado na pasta spool/refused.</translation>
    </message>
    <message>
        <source>Tell the people who run the network; waiting will not mend it.</source>
        <translation>Avise quem administra a rede; esperar não vai resolver.</translation>
    </message>
    <message>
        <source>That can&apos;t be set: {0}.</source>
        <translation>Isso não pode ser definido: {0}.</translation>
    </message>
    <message>
        <source>The NVIDIA driver did not answer.</source>
        <translation>O driver da NVIDIA não respondeu.</translation>
    </message>
    <message>
        <source>The NVIDIA driver is installed, but does not run.</source>
        <translation>O driver da NVIDIA está instalado, mas não funciona.</translation>
    </message>
    <message>
        <source>The NVIDIA driver reports that it does not work.</source>
        <translation>O driver da NVIDIA informa que não funciona.</translation>
    </message>
    <message>
        <source>The NVIDIA driver was updated, but its old version still runs.</source>
        <translation>O driver da NVIDIA foi atualizado, mas a versão antiga ainda está em uso.</translation>
    </message>
    <message>
        <source>The Python on this computer comes without the part that makes environments (venv).</source>
        <translation>O Python deste computador vem sem a parte que cria ambientes (venv).</translation>
    </message>
    <message>
        <source>The call to {host} was ended from here.</source>
        <translation>A chamada a {host} foi encerrada daqui.</translation>
    </message>
    <message>
        <source>The certificate of {host} has expired at the time that this computer shows.</source>
        <translation>O certificado de {host} está vencido segundo o relógio deste computador.</translation>
    </message>
    <message>
        <source>The certificate of {host} is not valid yet at the time that this computer shows.</source>
        <translation>O certificado de {host} ainda não vale segundo o relógio deste computador.</translation>
    </message>
    <message>
        <source>The connection to {host} failed.</source>
        <translation>A conexão com {host} falhou.</translation>
    </message>
    <message>
        <source>The connection to {host} is not secure: its certificate could not be checked.</source>
        <translation>A conexão com {host} não é segura: não foi possível verificar o certificado.</translation>
    </message>
    <message>
        <source>The connection to {host} is not secure: its certificate is vouched for by nobody but itself.</source>
        <translation>A conexão com {host} não é segura: só o próprio certificado responde por si.</translation>
    </message>
    <message>
        <source>The connection to {host} is not secure: the certificate there is for another name.</source>
        <translation>A conexão com {host} não é segura: o certificado de lá é de outro nome.</translation>
    </message>
    <message>
        <source>The connection to {host} is not secure: this computer does not know the authority that vouches for its certificate.</source>
        <translation>A conexão com {host} não é segura: este computador não conhece a autoridade que responde pelo certificado.</translation>
    </message>
    <message>
        <source>The disk does not take a result; it is kept in memory meanwhile.</source>
        <translation>O disco não aceita um resultado; por enquanto ele fica na memória.</translation>
    </message>
    <message>
        <source>The file that says who this computer is ({0}) is damaged.</source>
        <translation>O arquivo que diz quem este computador é ({0}) está danificado.</translation>
    </message>
    <message>
        <source>Talking to the network failed in an unexpected way ({0}).</source>
        <translation>O contato com a rede falhou de modo inesperado ({0}).</translation>
    </message>
    <message>
        <source>The key in {0} cannot be read ({1}).</source>
        <translation>A chave em {0} não pode ser lida ({1}).</translation>
    </message>
    <message>
        <source>The libraries could not be fetched over a secure connection.</source>
        <translation>Não foi possível baixar as bibliotecas por uma conexão segura.</translation>
    </message>
    <message>
        <source>The libraries that QUBIX needs could not be fetched from the internet.</source>
        <translation>Não foi possível baixar da internet as bibliotecas necessárias.</translation>
    </message>
    <message>
        <source>The network could not be told ({0}).</source>
        <translation>Não foi possível avisar a rede ({0}).</translation>
    </message>
    <message>
        <source>The network has not heard from this computer yet.</source>
        <translation>A rede ainda não teve notícia deste computador.</translation>
    </message>
    <message>
        <source>The network&apos;s address is missing.</source>
        <translation>Falta o endereço da rede.</translation>
    </message>
    <message>
        <source>The network&apos;s server ({host}) is too old for this version of QUBIX.</source>
        <translation>O servidor da rede ({host}) é antigo demais para esta versão do QUBIX.</translation>
    </message>
    <message>
        <source>The proxy of this network did not let the connection to {host} through.</source>
        <translation>O proxy desta rede não deixou passar a conexão com {host}.</translation>
    </message>
    <message>
        <source>The proxy of this network did not let the download through.</source>
        <translation>O proxy desta rede não deixou passar o download.</translation>
    </message>
    <message>
        <source>The proxy of this network wants a name and a password.</source>
        <translation>O proxy desta rede pede um nome e uma senha.</translation>
    </message>
    <message>
        <source>The proxy that this computer is set to use cannot be reached.</source>
        <translation>O proxy configurado neste computador não pode ser alcançado.</translation>
    </message>
    <message>
        <source>The proxy that this computer is set to use is of a kind that QUBIX does not speak.</source>
        <translation>O proxy configurado neste computador é de um tipo que o QUBIX não usa.</translation>
    </message>
    <message>
        <source>The result could not be handed in, though the server could be reached: {0} The computer that did the job keeps it for a while (spool/refused).</source>
        <translation>O resultado não pôde ser entregue, embora o servidor responda: {0} O computador que fez o trabalho o guarda por algum tempo (spool/refused).</translation>
    </message>
    <message>
        <source>The result is larger than the server takes.</source>
        <translation>O resultado é maior do que o servidor aceita.</translation>
    </message>
    <message>
        <source>The result of a job could not be handed in: {0}</source>
        <translation>O resultado de um trabalho não pôde ser entregue: {0}</translation>
    </message>
    <message>
        <source>What shares here now has another key than the one that is kept in {0}.</source>
        <translation>O QUBIX em execução tem uma chave diferente da guardada em {0}.</translation>
    </message>
    <message>
        <source>What shares here now speaks in a way that this program does not understand ({0}).</source>
        <translation>O QUBIX em execução fala de um modo que este programa não entende ({0}).</translation>
    </message>
    <message>
        <source>The server is probably not running. Try again in a few minutes.</source>
        <translation>O servidor provavelmente não está funcionando. Tente de novo em alguns minutos.</translation>
    </message>
    <message>
        <source>The server&apos;s answer was too long to be read.</source>
        <translation>A resposta do servidor era longa demais para ser lida.</translation>
    </message>
    <message>
        <source>The settings in {0} are gone; those from before stay in force.</source>
        <translation>As configurações em {0} sumiram; as anteriores continuam valendo.</translation>
    </message>
    <message>
        <source>The settings in {0} cannot be used: {1}.</source>
        <translation>As configurações em {0} não podem ser usadas: {1}.</translation>
    </message>
    <message>
        <source>The software could not be prepared ({0}).</source>
        <translation>Não foi possível preparar o programa ({0}).</translation>
    </message>
    <message>
        <source>The software could not be prepared.</source>
        <translation>Não foi possível preparar o programa.</translation>
    </message>
    <message>
        <source>The system&apos;s settings leave the choice of a proxy to a script, which QUBIX cannot run: enter the proxy&apos;s address there by hand, or ask the people who run this network for it.</source>
        <translation>As configurações do sistema deixam a escolha do proxy a um script, que o QUBIX não pode executar: digite ali o endereço do proxy ou peça-o a quem administra esta rede.</translation>
    </message>
    <message>
        <source>Sharing could not be started: {0}</source>
        <translation>Não foi possível iniciar o compartilhamento: {0}</translation>
    </message>
    <message>
        <source>Sharing did not answer within {0} seconds.</source>
        <translation>O QUBIX não respondeu em {0} segundos.</translation>
    </message>
    <message>
        <source>Sharing did not end within {0} seconds.</source>
        <translation>O QUBIX não terminou em {0} segundos.</translation>
    </message>
    <message>
        <source>That was refused: {0}.</source>
        <translation>O QUBIX recusou: {0}.</translation>
    </message>
    <message>
        <source>There is no room left on the disk.</source>
        <translation>Não há mais espaço no disco.</translation>
    </message>
    <message>
        <source>There is no room left on the disk{0}.</source>
        <translation>Não há mais espaço no disco{0}.</translation>
    </message>
    <message>
        <source>There is nothing to do; `qubix-worker status` shows it.</source>
        <translation>Não há nada a fazer; `qubix-worker status` mostra como ele está.</translation>
    </message>
    <message>
        <source>There were too many tries in a short time.</source>
        <translation>Houve tentativas demais em pouco tempo.</translation>
    </message>
    <message>
        <source>This account may not write here{0}.</source>
        <translation>Esta conta não pode gravar aqui{0}.</translation>
    </message>
    <message>
        <source>This computer did not tell in time which graphics cards it has.</source>
        <translation>Este computador não disse a tempo que placas de vídeo tem.</translation>
    </message>
    <message>
        <source>This computer did not tell its {0} ({1}).</source>
        <translation>Este computador não informou: {0} ({1}).</translation>
    </message>
    <message>
        <source>This computer did not tell this in time.</source>
        <translation>Este computador não informou isto a tempo.</translation>
    </message>
    <message>
        <source>This computer has no invitation to the network yet.</source>
        <translation>Este computador ainda não tem um convite para a rede.</translation>
    </message>
    <message>
        <source>This computer is not known here any more.</source>
        <translation>Este computador não é mais conhecido aqui.</translation>
    </message>
    <message>
        <source>This computer is not let in here.</source>
        <translation>Este computador não tem permissão para entrar aqui.</translation>
    </message>
    <message>
        <source>This invitation has ended.</source>
        <translation>Este convite expirou.</translation>
    </message>
    <message>
        <source>This invitation is not known.</source>
        <translation>Este convite não é conhecido.</translation>
    </message>
    <message>
        <source>This network lets nobody through to {host} before they have signed in.</source>
        <translation>Esta rede não deixa ninguém chegar a {host} antes de entrar nela.</translation>
    </message>
    <message>
        <source>Too much was asked of it at once.</source>
        <translation>Pediram-lhe demais de uma vez.</translation>
    </message>
    <message>
        <source>Try again.</source>
        <translation>Tente de novo.</translation>
    </message>
    <message>
        <source>Try again; if it lasts, restart this computer.</source>
        <translation>Tente de novo; se persistir, reinicie este computador.</translation>
    </message>
    <message>
        <source>Try again; if it lasts, send the log to the people who run the network.</source>
        <translation>Tente de novo; se persistir, envie o registro a quem administra a rede.</translation>
    </message>
    <message>
        <source>Try again; if it lasts, tell the people who run the network.</source>
        <translation>Tente de novo; se persistir, avise quem administra a rede.</translation>
    </message>
    <message>
        <source>Try again; if it lasts, use Copy for support and send it to the people who run the network.</source>
        <translation>Tente de novo; se persistir, use Copiar para o suporte e envie a quem administra a rede.</translation>
    </message>
    <message>
        <source>Try again; the log tells more.</source>
        <translation>Tente de novo; o registro diz mais.</translation>
    </message>
    <message>
        <source>Type it as it stands on the page where you got the code.</source>
        <translation>Digite-o como está na página de onde veio o código.</translation>
    </message>
    <message>
        <source>Type the code as it stands on the network&apos;s page.</source>
        <translation>Digite o código como está na página da rede.</translation>
    </message>
    <message>
        <source>Type the network&apos;s address.</source>
        <translation>Digite o endereço da rede.</translation>
    </message>
    <message>
        <source>Use the account that shares this computer; if it is that one, delete this file, then stop sharing and start it again.</source>
        <translation>Use a conta que compartilha este computador; se já for essa, apague este arquivo, pare o QUBIX e inicie-o de novo.</translation>
    </message>
    <message>
        <source>Wait a few minutes; if it lasts, tell the people who run the network.</source>
        <translation>Espere alguns minutos; se persistir, avise quem administra a rede.</translation>
    </message>
    <message>
        <source>Wait a minute, then try again; the log tells more.</source>
        <translation>Espere um minuto e tente de novo; o registro diz mais.</translation>
    </message>
    <message>
        <source>Wait a moment and try again; if it lasts, `qubix-worker stop` ends it.</source>
        <translation>Espere um momento e tente de novo; se persistir, `qubix-worker stop` o encerra.</translation>
    </message>
    <message>
        <source>Wait until it has ended, or end it, then try again.</source>
        <translation>Espere até que termine, ou encerre-a, e tente de novo.</translation>
    </message>
    <message>
        <source>What answered at {0} is not a QUBIX server ({1}).</source>
        <translation>O que respondeu em {0} não é um servidor QUBIX ({1}).</translation>
    </message>
    <message>
        <source>What answers at {host} does not speak the secure protocol.</source>
        <translation>O que responde em {host} não usa o protocolo seguro.</translation>
    </message>
    <message>
        <source>What {0} told could not be understood.</source>
        <translation>Não foi possível entender o que informou {0}.</translation>
    </message>
    <message>
        <source>You asked for a pause.</source>
        <translation>Você pediu uma pausa.</translation>
    </message>
    <message>
        <source>asking the network</source>
        <translation>perguntando à rede</translation>
    </message>
    <message>
        <source>ending the former one</source>
        <translation>encerrando o anterior</translation>
    </message>
    <message>
        <source>for when it has joined</source>
        <translation>para quando tiver entrado</translation>
    </message>
    <message>
        <source>it did not answer in time</source>
        <translation>ele não respondeu a tempo</translation>
    </message>
    <message>
        <source>it ended at once, with {0}</source>
        <translation>ele terminou logo, com {0}</translation>
    </message>
    <message>
        <source>kind of machine</source>
        <translation>o tipo de máquina</translation>
    </message>
    <message>
        <source>looking at this computer</source>
        <translation>examinando este computador</translation>
    </message>
    <message>
        <source>making room for it</source>
        <translation>preparando o lugar</translation>
    </message>
    <message>
        <source>putting it in place</source>
        <translation>colocando no lugar</translation>
    </message>
    <message>
        <source>the NVIDIA driver</source>
        <translation>o driver da NVIDIA</translation>
    </message>
    <message>
        <source>the graphics card {0}</source>
        <translation>a placa de vídeo {0}</translation>
    </message>
    <message>
        <source>the processor</source>
        <translation>o processador</translation>
    </message>
    <message>
        <source>the worker&apos;s list of libraries is a part of it</source>
        <translation>a lista de bibliotecas faz parte dele</translation>
    </message>
    <message>
        <source>this computer</source>
        <translation>este computador</translation>
    </message>
    <message>
        <source>timed out</source>
        <translation>tempo esgotado</translation>
    </message>
    <message>
        <source>{0} answered: {1}</source>
        <translation>{0} respondeu: {1}</translation>
    </message>
    <message>
        <source>{host} answered: It has trouble at the moment.</source>
        <translation>{host} respondeu: Ele está com problemas no momento.</translation>
    </message>
    <message>
        <source>{host} can be reached, but nothing answers there.</source>
        <translation>{host} pode ser alcançado, mas nada responde ali.</translation>
    </message>
    <message>
        <source>{host} did not answer in time.</source>
        <translation>{host} não respondeu a tempo.</translation>
    </message>
    <message>
        <source>“{0}” is not the address of a network.</source>
        <translation>“{0}” não é o endereço de uma rede.</translation>
    </message>
</context>
</TS>
